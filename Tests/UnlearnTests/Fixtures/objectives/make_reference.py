"""Makes the losses and gradients that ObjectiveParityTests reads: `python make_reference.py`, beside this file.

Two tiny GPT2LMHeadModels with random weights, the model (model/) and the model as it was (before/), and each objective on
three sentences, three pairs and two retained texts of our own: written out in PyTorch from its paper's formula, in double
precision, a sentence at a time, without anything in common with the Swift code. loss and gradient (by parameter name) of
each stand in reference.safetensors; asked.json tells the objectives with their options.
"""

import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
from shared import stream, tokens

torch.set_num_threads(1)
SENTENCES = ["some zebras are dull", "they are slow and dull", 'so dull, slow and "dull" today']
WORDS = ["dull", "slow"]
PLACEHOLDER = "something"
PAIRS = [("boys are dull", "girls are dull"), ("old and slow", "new"), ("a slow cat", "a slow dog")]
RETAIN = ["the cat sat on the mat", "rain falls in spring"]
CONTEXT, WIDTH = 48, 8


def words(text):
    """(start, end) of each harmful word; the tests' tokenizer gives its space to it."""
    found = [(i, i + len(w)) for w in WORDS for i in range(len(text)) if text.startswith(w, i)]
    return sorted(found)


def spans(text):
    """(first position, end) of each harmful word among the tokens, the begin token counted."""
    out = []
    for start, end in words(text):
        open_at = start - 1 if text[start - 1] == " " else start
        first = 1 + len(tokens(text[:open_at]))
        out.append((first, first + len(tokens(text[open_at:end]))))
    return out


def build(seed):
    config = GPT2Config(
        vocab_size=283, n_positions=CONTEXT, n_embd=WIDTH, n_layer=2, n_head=2, n_inner=12, bos_token_id=0,
        eos_token_id=0, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)
    model = GPT2LMHeadModel(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            p.copy_(1 + 0.2 * noise if "ln_" in name and name.endswith("weight") else 0.4 * noise)
    return model


model, before = build(1), build(1)
generator = torch.Generator().manual_seed(2)
with torch.no_grad():
    for p in before.parameters():
        p.add_(0.05 * torch.randn(p.shape, generator=generator))
for name, m in (("model", model), ("before", before)):
    m.save_pretrained(here / name)
    (here / name / "generation_config.json").unlink(missing_ok=True)
    m.double()
    m.config.use_cache = False


def logs(m, ids, positions):
    """log p of the tokens at some positions, each given what stands before it."""
    all = m(torch.tensor([ids])).logits[0].log_softmax(-1)
    return torch.stack([all[t - 1, ids[t]] for t in positions])


def states(m, ids, layer):
    """The output of block `layer`, counted from 1."""
    kept = []
    block = m.transformer.h[layer - 1]
    handle = block.register_forward_hook(
        lambda _, __, out: kept.append(out[0] if isinstance(out, tuple) else out))
    m(torch.tensor([ids]))
    handle.remove()
    return kept[0].reshape(len(ids), WIDTH)


def chosen(text, scope):
    ids = [0] + tokens(text)
    return ids, [t for a, b in spans(text) for t in range(a, b)] if scope == "harmful" else list(range(1, len(ids)))


def per_token(scope, m):
    return [logs(m, *chosen(text, scope)) for text in SENTENCES]


def replaced():
    """Each harmful word after a context in which the harmful words before it are replaced."""
    out = []
    for text in SENTENCES:
        found = words(text)
        for k, (start, end) in enumerate(found):
            changed, at = "", 0
            for a, b in found[:k]:
                changed += text[at:a] + PLACEHOLDER
                at = b
            changed += text[at:start]
            whole = changed + text[start:end]
            open_at = len(changed) - (1 if changed.endswith(" ") else 0)
            ids = [0] + tokens(whole)
            out.append(logs(model, ids, range(1 + len(tokens(whole[:open_at])), len(ids))))
    return out


def preference(margins, beta):
    return -2 / beta * F.logsigmoid(torch.stack(margins)).mean()


def npo(beta, tokens):
    now, then = per_token(tokens, model), per_token(tokens, before)
    return preference([-beta * (a.sum() - b.detach().sum()) for a, b in zip(now, then)], beta)


def simnpo(beta, gamma, tokens):
    return preference([-beta * a.mean() - gamma for a in per_token(tokens, model)], beta)


def dpo(beta):
    margins = []
    for more, less in PAIRS:
        ratio = []
        for text in (more, less):
            ids = [0] + tokens(text)
            all = range(1, len(ids))
            ratio.append(logs(model, ids, all).sum() - logs(before, ids, all).detach().sum())
        margins.append(beta * (ratio[1] - ratio[0]))
    return preference(margins, beta)


def weighted(tokens, weight):
    log = torch.cat(per_token(tokens, model))
    return (weight(log.exp().detach()) * log).mean()


def direction(seed, label):
    """u by the polar method."""
    numbers = stream(seed, label)
    drawn = []
    while len(drawn) < WIDTH:
        u, v = 2 * next(numbers) - 1, 2 * next(numbers) - 1
        square = u * u + v * v
        if 0 < square < 1:
            scale = math.sqrt(-2 * math.log(square) / square)
            drawn += [u * scale, v * scale]
    u = torch.tensor(drawn[:WIDTH], dtype=torch.float64)
    return u / u.norm()


def rmu(layer, coefficient, alpha, vector_seed, tokens):
    aim = coefficient * direction(vector_seed, "rmu")
    forgotten = []
    for text in SENTENCES:
        ids, positions = chosen(text, tokens)
        forgotten.append((states(model, ids, layer)[positions] - aim).square().mean())
    kept = []
    for text in RETAIN:
        ids = [0] + globals()["tokens"](text)
        kept.append((states(model, ids, layer)[1:] - states(before, ids, layer)[1:].detach()).square().mean())
    return torch.stack(forgotten).mean() + alpha * torch.stack(kept).mean()


def cda(sides):
    texts = [text for pair in PAIRS for text in (pair if sides == "both" else pair[1:])]
    ids = [[0] + tokens(text) for text in texts]
    return -torch.cat([logs(model, one, range(1, len(one))) for one in ids]).mean()


def mean_log(m, text):
    ids = [0] + tokens(text)
    return logs(m, ids, range(1, len(ids))).mean()


def divergence():
    """Mean over the retained texts' tokens, but each first, of KL(before || model)."""
    terms = []
    for text in RETAIN:
        ids = torch.tensor([[0] + tokens(text)])
        p, q = (m(ids).logits[0, :-1].log_softmax(-1) for m in (before, model))
        terms.append((p.detach().exp() * (p.detach() - q)).sum(-1))
    return torch.cat(terms).mean()


def biasunlearn(pairs, beta, forget_weight, anti_weight, unrelated_weight, mix, polarity):
    preferred = sum(float(mean_log(model, more) > mean_log(model, less)) for more, less in pairs) / len(pairs)
    print("  share that prefers the first:", preferred)
    loss = unrelated_weight * divergence()
    crossed = preferred < 0.5
    if crossed and polarity == "stop":
        return loss
    if crossed and polarity == "reverse":
        pairs = [(less, more) for more, less in pairs]

    def npo(text):
        return -2 / beta * F.logsigmoid(-beta * (mean_log(model, text) - mean_log(before, text).detach()))

    forgotten = sum(npo(more) + mix * npo(less) for more, less in pairs) / (len(pairs) * (1 + mix))
    kept = sum(-mean_log(model, less) for _, less in pairs) / len(pairs)
    return loss + forget_weight * forgotten + anti_weight * kept


def pcgu(share, aggregate, move):
    """The value, and the gradient on the vectors of least similar gradients: no derivative of the value."""
    value, gradients = [], []
    for side in (0, 1):
        model.zero_grad()
        texts = [[0] + tokens(pair[side]) for pair in PAIRS]
        value.append(sum(logs(model, ids, range(1, len(ids))).sum() for ids in texts) / len(texts))
        value[-1].backward()
        gradients.append({name: p.grad.clone() for name, p in model.named_parameters()})
    found = []
    for name, p in model.named_parameters():
        # Conv1D has (in, out).
        over = None if p.dim() == 1 else (-2 if "c_" in name else -1) if aggregate == "input" else (
            -1 if "c_" in name else -2)
        a, b = gradients[0][name], gradients[1][name]
        a, b = (a[None], b[None]) if over is None else (a, b) if over == -1 else (a.T, b.T)
        norms = a.norm(dim=1) * b.norm(dim=1)
        found += [((a[i] @ b[i] / norms[i]).item(), name, over, i) for i in range(len(a)) if norms[i] > 0]
    found.sort(key=lambda one: one[0])
    count = math.ceil(share * len(found))
    gap = found[count][0] - found[count - 1][0]
    print("  vectors:", count, "of", len(found), "gap:", gap)
    assert gap > 1e-3, "choose a share whose border is clear"
    side, sign = (0, 1) if move == "first" else (1, -1)
    model.zero_grad()
    for _, name, over, i in found[:count]:
        p = model.get_parameter(name)
        index = ... if over is None else (i,) if over == -1 else (slice(None), i)
        p.grad = p.grad if p.grad is not None else torch.zeros_like(p)
        p.grad[index] = sign * gradients[side][name][index]
    return sign * value[side]


CASES = [
    ("token-ascent", {}, lambda: torch.cat(per_token("harmful", model)).mean()),
    ("token-ascent", {"context": "replaced"}, lambda: torch.cat(replaced()).mean()),
    ("sentence-ascent", {}, lambda: torch.cat(per_token("all", model)).mean()),
    ("sentence-ascent", {"mean": "sentences"}, lambda: torch.stack([a.mean() for a in per_token("all", model)]).mean()),
    ("npo", {}, lambda: npo(0.1, "harmful")),
    ("npo", {"beta": 0.5, "tokens": "all"}, lambda: npo(0.5, "all")),
    ("simnpo", {"beta": 0.9, "gamma": 4}, lambda: simnpo(0.9, 4, "harmful")),
    ("simnpo", {"beta": 0.7, "gamma": 0.3, "tokens": "all"}, lambda: simnpo(0.7, 0.3, "all")),
    ("dpo", {"beta": 0.5}, lambda: dpo(0.5)),
    ("wga", {}, lambda: weighted("harmful", lambda p: p)),
    ("wga", {"beta": 0.5, "tokens": "all"}, lambda: weighted("all", lambda p: p**0.5)),
    ("satimp", {"beta1": 0.5, "beta2": 2}, lambda: weighted("harmful", lambda p: p**0.5 * (1 - p) ** 2)),
    ("satimp", {"beta1": 0.2, "tokens": "all"}, lambda: weighted("all", lambda p: p**0.2 * (1 - p))),
    ("rmu", {"layer": 1, "coefficient": 3, "alpha": 2, "tokens": "all"}, lambda: rmu(1, 3, 2, 1, "all")),
    ("rmu", {"layer": 2, "coefficient": 5, "vector-seed": 4}, lambda: rmu(2, 5, 1, 4, "harmful")),
    ("cda", {}, lambda: cda("both")),
    ("cda", {"sides": "second"}, lambda: cda("second")),
    ("biasunlearn", {}, lambda: biasunlearn(PAIRS, 0.1, 0.5, 0.3, 0.2, 0.25, "reverse")),
    ("biasunlearn", {"polarity": "stop"}, lambda: biasunlearn(PAIRS, 0.1, 0.5, 0.3, 0.2, 0.25, "stop")),
    ("biasunlearn",
     {"beta": 2, "forget-weight": 0.7, "anti-weight": 0.4, "unrelated-weight": 1.5, "mix": 0.5, "polarity": "ignore"},
     lambda: biasunlearn(PAIRS, 2, 0.7, 0.4, 1.5, 0.5, "ignore")),
    ("pcgu", {"share": 0.2}, lambda: pcgu(0.2, "input", "first")),
    ("pcgu", {"share": 0.25, "aggregate": "output", "move": "second"}, lambda: pcgu(0.25, "output", "second")),
]
stored = {}
for number, (name, options, loss) in enumerate(CASES):
    model.zero_grad()
    value = loss()
    if name != "pcgu":
        value.backward()
    stored[f"{number}/loss"] = value.detach().reshape(1)
    for parameter, p in model.named_parameters():
        if p.grad is not None and p.grad.abs().max() > 0:
            stored[f"{number}/{parameter}"] = p.grad.clone()
    print(number, name, options, value.item())
save_file({k: v.float().contiguous() for k, v in stored.items()}, here / "reference.safetensors")
(here / "asked.json").write_text(json.dumps({
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    "sentences": SENTENCES, "words": WORDS, "pairs": PAIRS, "retain": RETAIN,
    "cases": [{"name": n, "options": {k: str(v) for k, v in o.items()}} for n, o, _ in CASES]}, indent=1) + "\n")
