"""Makes what LowRankTests reads: `python make_reference.py`, beside this file.

The tiny GPT-2 of ../objectives/model with adapters by peft on two kinds of its layers, A set to the numbers that driftscope draws,
trained for three steps of AdamW on the mean log p of three sentences (gradient ascent), with weight decay and clipping.
reference.safetensors holds the adapter after it by peft's names, the merged weights by transformers', and the norms of the
gradients.
"""

import pathlib
import sys

import peft
import torch
from safetensors.torch import save_file
from transformers import GPT2LMHeadModel

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
from shared import stream, tokens

torch.set_num_threads(1)
SENTENCES = ["some zebras are dull", "they are slow and dull", 'so dull, slow and "dull" today']
RANK, ALPHA, MODULES, SEED = 3, 12, ["attn.c_attn", "c_fc"], 7


base = GPT2LMHeadModel.from_pretrained(here.parent / "objectives" / "model").eval()
base.config.use_cache = False
model = peft.get_peft_model(base, peft.LoraConfig(
    task_type="CAUSAL_LM", r=RANK, lora_alpha=ALPHA, target_modules=MODULES, fan_in_fan_out=True)).eval()
model.double()
numbers = stream(SEED, "lora")
factors = {name: p for name, p in model.named_parameters() if p.requires_grad}
for name, p in factors.items():
    with torch.no_grad():
        if ".lora_A." in name:
            drawn = [2 * next(numbers) - 1 for _ in range(p.numel())]
            p.copy_(torch.tensor(drawn, dtype=torch.float64).reshape(p.shape) / p.shape[1] ** 0.5)
        else:
            assert ".lora_B." in name and p.abs().max() == 0
optimizer = torch.optim.AdamW(factors.values(), lr=0.02, betas=(0.8, 0.95), weight_decay=0.1)
norms = []
for _ in range(3):
    optimizer.zero_grad()
    logs = []
    for text in SENTENCES:
        ids = torch.tensor([[0] + tokens(text)])
        all = model(ids).logits[0, :-1].log_softmax(-1)
        logs.append(all.gather(1, ids[0, 1:, None])[:, 0])
    torch.cat(logs).mean().backward()
    norms.append(torch.nn.utils.clip_grad_norm_(factors.values(), 0.05))
    optimizer.step()
stored = {name.replace(".default.", "."): p for name, p in factors.items()}
stored = {name: p.detach().clone() for name, p in stored.items()}
stored["norms"] = torch.stack(norms)
merged = model.merge_and_unload()
stored |= {name: p.detach().clone() for name, p in merged.named_parameters()}
for name in sorted(stored):
    print(name, tuple(stored[name].shape))
save_file({k: v.float().contiguous() for k, v in stored.items()}, here / "reference.safetensors")
