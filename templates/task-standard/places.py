"""Gives this process a view of the file system in which some folders lie where a family of the Task Standard expects them.

Nothing is changed on the disk, and nothing is seen of it by other processes: the view is a mount namespace (Linux) with a root of
its own, in which everything else lies where it always does. Root keeps its rights in it; any other account is root in it and has
no more rights than before.
"""

import ctypes
import os
import stat

NEW_MOUNTS, NEW_USERS = 0x00020000, 0x10000000
BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18


class Refused(Exception):
    """The system does not allow it; the text says what."""


def lie_at(places, root):
    """`places`: {absolute path: folder or file that is to be seen there}, also within one another; what lies beside a path is seen as before.
    `root`: a new folder for the view."""
    if all(os.path.realpath(path) == os.path.realpath(source) for path, source in places.items()):
        return
    try:
        library = ctypes.CDLL(None, use_errno=True)
        unshare(library)
        os.mkdir(root)
        mount(library, "none", "/", None, RECURSIVE | PRIVATE)
        mount(library, "none", root, "tmpfs", 0)
        show(library, "", "", places, root)
        os.chroot(root)
        os.chdir("/")
    except (OSError, AttributeError) as error:
        raise Refused(str(error)) from None


def show(library, folder, source, places, root):
    """Shows at `folder` what `source` holds, and what is to be seen in it."""
    below = [path for path in places if path.startswith(f"{folder}/")]
    names = dict.fromkeys([*listed(source or "/"), *(path[len(folder) + 1 :].split("/")[0] for path in below)])
    # First of all what the new root lies in.
    for name in sorted(names, key=lambda name: f"{folder}/{name}" != f"/{root.split('/')[1]}"):
        path = f"{folder}/{name}"
        shown = places.get(path, f"{source}/{name}")
        if any(other.startswith(f"{path}/") for other in below):
            os.mkdir(root + path)
            show(library, path, shown, places, root)
        else:
            try:
                bind(library, shown, root + path)
            except FileNotFoundError:
                # What comes and goes, such as a lock in /etc, may be gone since it was listed; what was asked for may not.
                if path in places:
                    raise


def listed(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []


def bind(library, source, target):
    status = os.lstat(source)
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(source), target)
        return
    if stat.S_ISDIR(status.st_mode):
        os.mkdir(target)
    else:
        open(target, "w").close()
    mount(library, source, target, None, BIND | RECURSIVE)


def unshare(library):
    user, group = os.geteuid(), os.getegid()
    if library.unshare(NEW_MOUNTS | (NEW_USERS if user else 0)) != 0:
        raise OSError(ctypes.get_errno(), "a view of its own is refused")
    if user:
        for file, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{file}", "w") as opened:
                opened.write(text)


def mount(library, source, target, kind, flags):
    if library.mount(os.fsencode(source), os.fsencode(target), os.fsencode(kind) if kind else None, flags, None) != 0:
        raise OSError(ctypes.get_errno(), f"{target} cannot be shown there")
