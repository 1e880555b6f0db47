"""Makes the GPT-2 references that EngineParityTests reads: `python make_reference.py`, beside this file.

A tiny GPT2LMHeadModel of odd sizes with wide random weights, norm gains and biases, so that wrong arithmetic shows;
four sequences of uneven length, each run alone (no padding); log-probabilities, hidden states, a token-ascent loss plus
a KL retain loss to a second model, every gradient by name, and the parameters after ten steps of AdamW and of SGD.

Writes reference.bin (float32, little-endian, tensors end to end) and reference.json (versions, sizes, and name, shape
and offset, in floats, of each tensor).
"""

import copy
import json
import pathlib

import numpy as np
import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel

torch.set_num_threads(1)
torch.manual_seed(20)
here = pathlib.Path(__file__).parent

config = GPT2Config(
    vocab_size=53, n_positions=20, n_embd=24, n_layer=3, n_head=3, n_inner=52, layer_norm_epsilon=1e-5,
    activation_function="gelu_new", attn_pdrop=0.0, embd_pdrop=0.0, resid_pdrop=0.0, attn_implementation="eager",
    bos_token_id=None, eos_token_id=None,
)


def randomised(seed):
    generator = torch.Generator().manual_seed(seed)
    model = GPT2LMHeadModel(config).float().eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "ln_" in name:
                p.copy_(1 + 0.3 * noise if name.endswith("weight") else 0.2 * noise)
            else:
                p.copy_((0.1 if name.endswith("bias") else 0.2) * noise)
    return model


model = randomised(1)
# The reference of the KL term differs from the model in the first block alone, to keep the file small.
reference = copy.deepcopy(model)
with torch.no_grad():
    generator = torch.Generator().manual_seed(2)
    for name, p in reference.named_parameters():
        if ".h.0." in name:
            p.add_(0.05 * torch.randn(p.shape, generator=generator))

rng = np.random.default_rng(3)
lengths = [7, 20, 1, 13]
sequences = [rng.integers(0, config.vocab_size, n).tolist() for n in lengths]
starts = np.concatenate([[0], np.cumsum(lengths)]).tolist()

# Token ascent: +1/|H| log p of four tokens, one row asked for two tokens; KL: all rows of the second and last sequence.
forget = [(0, 2), (0, 5), (1, 18), (3, 4)]  # (sequence, row in it); the token is the next of the sequence
predictions = [
    {"row": starts[s] + r, "token": sequences[s][r + 1], "weight": 1 / len(forget)} for s, r in forget
] + [{"row": starts[0] + 5, "token": 11, "weight": -0.125}]
kl_rows = list(range(starts[1], starts[2])) + list(range(starts[3], starts[4]))
kl_weight = 0.5


def run(m, hidden=False):
    out = [m(torch.tensor([s]), output_hidden_states=hidden) for s in sequences]
    logs = torch.cat([o.logits[0].log_softmax(-1) for o in out])
    return (logs, [torch.cat([o.hidden_states[i][0] for o in out]) for i in range(config.n_layer + 1)]) if hidden else logs


with torch.no_grad():
    reference_logs = run(reference)


def losses(m):
    logs = run(m)
    ascent = sum(p["weight"] * logs[p["row"], p["token"]] for p in predictions)
    rows = torch.tensor(kl_rows)
    kl = (reference_logs[rows].exp() * (reference_logs[rows] - logs[rows])).sum(-1)
    return ascent, kl_weight * kl.mean(), kl


tensors = {}
for name, p in model.named_parameters():
    tensors["model/" + name] = p.detach().clone()
for name, p in reference.named_parameters():
    if ".h.0." in name:
        tensors["reference/" + name] = p.detach().clone()
with torch.no_grad():
    logs, hidden = run(model, hidden=True)
tensors["logProbabilities"] = logs
for i, h in enumerate(hidden):
    tensors[f"hidden/{i}"] = h

ascent, retain, kl = losses(model)
(ascent + retain).backward()
tensors["klDivergence"] = kl.detach()
tensors["losses"] = torch.stack([ascent, retain]).detach()
for name, p in model.named_parameters():
    tensors["gradient/" + name] = p.grad.clone()

training = {
    "adamw": (lambda ps: torch.optim.AdamW(ps, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)),
    "sgd": (lambda ps: torch.optim.SGD(ps, lr=1e-2, momentum=0.9, weight_decay=0.01)),
}
clip = 1.0
for label, make in training.items():
    trained = copy.deepcopy(model)
    optimiser = make(trained.parameters())
    norms, values = [], []
    for _ in range(10):
        optimiser.zero_grad()
        a, r, _ = losses(trained)
        (a + r).backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(trained.parameters(), clip)))
        values.append(float((a + r).detach()))
        optimiser.step()
    tensors[label + "/norms"] = torch.tensor(norms)
    tensors[label + "/values"] = torch.tensor(values)
    for name, p in trained.named_parameters():
        tensors[f"{label}/{name}"] = p.detach().clone()

index, offset = [], 0
with open(here / "reference.bin", "wb") as file:
    for name, t in tensors.items():
        values = t.detach().float().contiguous().numpy().astype("<f4")
        file.write(values.tobytes())
        index.append({"name": name, "shape": list(values.shape), "offset": offset})
        offset += values.size
description = {
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": np.__version__},
    "configuration": {
        "vocabularySize": config.vocab_size, "contextLength": config.n_positions, "hiddenSize": config.n_embd,
        "layerCount": config.n_layer, "headCount": config.n_head, "innerSize": config.n_inner,
        "normEpsilon": config.layer_norm_epsilon,
    },
    "sequences": sequences, "predictions": predictions, "klRows": kl_rows, "klWeight": kl_weight,
    "clip": clip, "tensors": index,
}
(here / "reference.json").write_text(json.dumps(description, separators=(",", ":")) + "\n")
print(offset * 4, "bytes", json.dumps(description["versions"]))
