"""Checks that peft opens the adapter that a run with `optimizer.lora` saved, and that base and adapter are its checkpoint.

    driftscope demo --out RUN --set "optimizer.lora={rank: 4, modules: all-linear}" --set why=none
    python check_adapter.py BASE RUN

BASE is the folder of the model before. Prints the largest difference of a log-probability between the adapter on its base
and RUN/checkpoint, which must be within 1e-5 absolute plus 1e-5 relative, and that between the model before and
RUN/checkpoint, which must not. Exits 1 otherwise. Made with peft 0.21.2, transformers 5.24.0 and torch 2.15.0.
"""

import pathlib
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

base, run = sys.argv[1], pathlib.Path(sys.argv[2])
torch.set_num_threads(1)


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()


def log_probabilities(model):
    with torch.no_grad():
        return model(ids).logits.log_softmax(-1)


before, after = load(base), load(run / "checkpoint")
ids = torch.randint(0, before.config.vocab_size, (8, 24), generator=torch.Generator().manual_seed(1))
expected = log_probabilities(after)


def close(model, name):
    difference = (log_probabilities(model) - expected).abs()
    print(f"{name} against the checkpoint: {difference.max().item():.1e}")
    return bool((difference <= 1e-5 + 1e-5 * expected.abs()).all())


moved = not close(before, "the model before")
same = close(PeftModel.from_pretrained(before, run / "adapter").eval(), "adapter on its base")
sys.exit(0 if same and moved else 1)
