"""Writes a Hugging Face folder with the shape of GPT-2 124M, the real tokenizer files and seeded random weights.

The pretrained weights are not needed to compare arithmetic or speed. So that wrong arithmetic shows, weights have
standard deviation 0.1 (not 0.02), and norm gains and all biases are random too.

    python make_gpt2_shape.py --vocab gpt2_vocab.json --merges gpt2_merges.txt --out out/gpt2-shape

Made with torch 2.15.0 and transformers 5.24.0.
"""

import argparse
import os
import shutil

import torch
from transformers import GPT2Config, GPT2LMHeadModel

parser = argparse.ArgumentParser()
parser.add_argument("--vocab", required=True)
parser.add_argument("--merges", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("--seed", type=int, default=20240716)
parser.add_argument("--deviation", type=float, default=0.1)
arguments = parser.parse_args()

torch.manual_seed(arguments.seed)
torch.set_num_threads(1)
model = GPT2LMHeadModel(GPT2Config())
with torch.no_grad():
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape) * arguments.deviation
        gain = name.endswith(".weight") and ".ln_" in name
        parameter.copy_(1 + noise if gain else noise)
os.makedirs(arguments.out, exist_ok=True)
model.save_pretrained(arguments.out)
shutil.copyfile(arguments.vocab, os.path.join(arguments.out, "vocab.json"))
shutil.copyfile(arguments.merges, os.path.join(arguments.out, "merges.txt"))
print(f"wrote {arguments.out}: {sum(p.numel() for p in model.parameters()):,} parameters")
