"""A quick try on this machine: `python3 try_it.py`. Makes small data, a fresh model and a config in try/, and times train.py.

The scoring makes its own and never runs this file, so change it as you like.
"""

import json
import os
import random
import struct
import subprocess
import sys
import time

# As in a scoring. PyTorch's threads wait for each other spinning, which on a machine that does other things too makes a training several times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

import weights
from model import LanguageModel

CONFIG = {
    "data": "try/tokens.bin", "initial": "try/initial.safetensors", "output": "try/trained.safetensors",
    "vocabulary": 64, "block_size": 32, "layers": 2, "heads": 4, "width": 16,
    "steps": 40, "batch_size": 16, "learning_rate": 1e-3, "warmup_steps": 5, "beta1": 0.9, "beta2": 0.95,
    "epsilon": 1e-6, "weight_decay": 0.1, "gradient_clip": 0.3,
}

os.makedirs("try", exist_ok=True)
random.seed(1)
torch.manual_seed(1)
tokens = [0]
while len(tokens) < 32768:
    tokens.append((tokens[-1] * 5 + random.choice([1, 2, 3])) % CONFIG["vocabulary"])
with open(CONFIG["data"], "wb") as file:
    file.write(struct.pack(f"<{len(tokens)}H", *tokens))
weights.save(CONFIG["initial"], LanguageModel(CONFIG).state_dict())
with open("try/config.json", "w", encoding="utf-8") as file:
    json.dump(CONFIG, file, indent=2)
started = time.perf_counter()
subprocess.run([sys.executable, "train.py", "try/config.json"], check=True)
print(f"train.py took {time.perf_counter() - started:.1f} s")

# The weights that the first version of train.py made are kept, to compare later versions with.
trained = weights.load(CONFIG["output"])
if os.path.exists("try/first.safetensors"):
    first = weights.load("try/first.safetensors")
    print(f"difference to the first version: {sum((trained[name] - first[name]).norm().item() for name in first):.6f}")
else:
    weights.save("try/first.safetensors", trained)
