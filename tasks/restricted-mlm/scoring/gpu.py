"""Whether this machine has the GPUs that a profile asks for. The same file lies in several tasks."""

from solver import Unable


def expect(torch, gpus, model):
    """Raises Unable unless PyTorch finds so many GPUs with `model` in their name; an empty one takes any."""
    if gpus == 0:
        return
    wanted = f"{gpus} {model or 'NVIDIA'} GPU{'' if gpus == 1 else 's'}"
    if not torch.cuda.is_available():
        # A PyTorch for processors alone finds none on any machine.
        why = "" if torch.version.cuda else " (it is built for processors alone)"
        raise Unable(f"this profile needs {wanted}, and PyTorch finds none{why}; use a box that has them, or the profile cpu.")
    names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    if sum(model.lower() in name.lower() for name in names) < gpus:
        raise Unable(f"this profile needs {wanted}, and PyTorch finds {', '.join(names)}; scores of other GPUs do not compare: use a box that has them, or the profile cpu.")
