"""Checks that transformers reads what driftscope saved of every family, and computes the same as from its own files.

    DRIFTSCOPE_SAVED=SAVED swift test --filter FamilyRoundTripTests
    python check_families.py SAVED Tests/LanguageModelTests/Fixtures

Each folder of SAVED holds a model of Fixtures, written with its configuration kept and with a new one. Prints the largest
difference of a log-probability to the stored reference and exits 1 where one is above 1e-5. Made with transformers 5.24.0 and
torch 2.15.0.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

saved, fixtures = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
torch.set_num_threads(1)
failed = count = 0
for folder in sorted(p.parent for p in saved.glob("*/*/*/config.json")):
    source = fixtures / folder.parent.relative_to(saved)
    sequences = json.loads((source.parent / "asked.json").read_text())["sequences"]
    kind = AutoModelForMaskedLM if source.parent.name == "masked-parity" else AutoModelForCausalLM
    model, info = kind.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
    problems = {name: keys for name, keys in info.items() if keys}
    with torch.no_grad():
        logs = torch.cat([model.eval()(torch.tensor([s])).logits[0].log_softmax(-1) for s in sequences])
    worst = (logs - load_file(source / "reference.safetensors")["logProbabilities"]).abs().max().item()
    print(f"{folder.relative_to(saved)}: {worst:.1e}", problems or "")
    failed += bool(problems) or not worst <= 1e-5
    count += 1
sys.exit(1 if failed or not count else 0)
