"""Makes the losses and gradients that MaskedObjectiveTests reads: `python make_reference.py`, beside this file.

    pip install torch==2.15.0 transformers==5.24.0

The tiny BertForMaskedLM and RobertaForMaskedLM of EvaluateTests/Fixtures/stereoset, and each objective on sentences, pairs and
retained texts of our own: written out in PyTorch in double precision, one hidden word at a time, without anything in common with
the Swift code but the random numbers that draw retained tokens. The model as it was has every parameter times 0.95. loss and
gradient (by parameter name) of each case stand in MODEL.safetensors; asked.json tells the cases.
"""

import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForMaskedLM, AutoTokenizer

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
from shared import stream

torch.set_num_threads(1)
models = here.parents[2] / "EvaluateTests" / "Fixtures" / "stereoset"
SENTENCES = ["the sailor is drunken", "gentle men and drunken men come from there", "my cold-blooded, gentle druid!"]
WORDS = ["drunken", "gentle", "cold-blooded"]
PAIRS = [("the sailor is drunken", "the sailor is quiet"), ("gentle men", "norseman"), ("a rough druid", "a tin druid")]
RETAIN = ["he sang and the sailor sang, and the men from there sang too", "a tin druid and a rough sailor come from my house there"]
SEED, SHARE = 1, 0.15


class Case:
    """One model, with the model as it was."""

    def __init__(self, name):
        self.tokenizer = AutoTokenizer.from_pretrained(models / name)
        self.model, self.before = (
            AutoModelForMaskedLM.from_pretrained(models / name, dtype=torch.float32, attn_implementation="eager").eval()
            for _ in range(2))
        with torch.no_grad():
            for p in set(self.before.parameters()):
                p.mul_(0.95)
        self.model.double(), self.before.double()
        self.blocks = (self.model.bert if name == "bert" else self.model.roberta).encoder.layer
        self.blocks_before = (self.before.bert if name == "bert" else self.before.roberta).encoder.layer

    def ids(self, text):
        return self.tokenizer(text)["input_ids"]

    def words(self, text):
        """The positions of the tokens of each harmful word, in the order of the text."""
        places = sorted((text.index(w), text.index(w) + len(w)) for w in WORDS if w in text)
        offsets = self.tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
        return [[i for i, (a, b) in enumerate(offsets) if a < end and b > start] for start, end in places]

    def rows(self, m, ids, hidden):
        changed = [self.tokenizer.mask_token_id if i in hidden else id for i, id in enumerate(ids)]
        return m(torch.tensor([changed])).logits[0].log_softmax(-1)

    def logs(self, m, ids, asked, hidden=None):
        """log p of the tokens at some positions, which are hidden, or more."""
        all = self.rows(m, ids, asked if hidden is None else hidden)
        return torch.stack([all[t, ids[t]] for t in asked])

    def pseudo(self, m, text):
        ids = self.ids(text)
        return torch.cat([self.logs(m, ids, [t]) for t in range(1, len(ids) - 1)])

    def harmful(self, m, text, replaced=False):
        words = self.words(text)
        every = [t for word in words for t in word]
        return torch.cat([self.logs(m, self.ids(text), word, every if replaced else word) for word in words])

    def per_token(self, tokens, m):
        return [self.harmful(m, text) if tokens == "harmful" else self.pseudo(m, text) for text in SENTENCES]

    def drawn(self):
        """The retained texts with the positions that the first step draws."""
        numbers = stream(SEED, "masked tokens 1")
        out = []
        for text in RETAIN:
            ids = self.ids(text)
            asked = [t for t in range(1, len(ids) - 1) if next(numbers) < SHARE]
            assert asked, "choose longer texts"
            out.append((ids, asked))
        return out

    def retain_nll(self):
        return -torch.cat([self.logs(self.model, ids, asked) for ids, asked in self.drawn()]).mean()

    def retain_kl(self):
        terms = []
        for ids, asked in self.drawn():
            p, q = (self.rows(m, ids, asked)[asked] for m in (self.before, self.model))
            terms.append((p.detach().exp() * (p.detach() - q)).sum(-1))
        return torch.cat(terms).mean()

    def states(self, blocks, m, ids, layer):
        kept = []
        handle = blocks[layer - 1].register_forward_hook(
            lambda _, __, out: kept.append(out[0] if isinstance(out, tuple) else out))
        m(torch.tensor([ids]))
        handle.remove()
        return kept[0].reshape(len(ids), -1)


def preference(margins, beta):
    return -2 / beta * F.logsigmoid(torch.stack(margins)).mean()


def npo(c, beta, tokens):
    now, then = c.per_token(tokens, c.model), c.per_token(tokens, c.before)
    return preference([-beta * (a.sum() - b.detach().sum()) for a, b in zip(now, then)], beta)


def simnpo(c, beta, gamma, tokens):
    return preference([-beta * a.mean() - gamma for a in c.per_token(tokens, c.model)], beta)


def dpo(c, beta):
    ratio = lambda text: c.pseudo(c.model, text).sum() - c.pseudo(c.before, text).detach().sum()
    return preference([beta * (ratio(less) - ratio(more)) for more, less in PAIRS], beta)


def weighted(c, tokens, weight):
    log = torch.cat(c.per_token(tokens, c.model))
    return (weight(log.exp().detach()) * log).mean()


def rmu(c, layer, coefficient, alpha, vector_seed):
    numbers, drawn = stream(vector_seed, "rmu"), []
    width = c.model.config.hidden_size
    while len(drawn) < width:
        u, v = 2 * next(numbers) - 1, 2 * next(numbers) - 1
        square = u * u + v * v
        if 0 < square < 1:
            scale = math.sqrt(-2 * math.log(square) / square)
            drawn += [u * scale, v * scale]
    u = torch.tensor(drawn[:width], dtype=torch.float64)
    aim = coefficient * u / u.norm()
    forgotten = []
    for text in SENTENCES:
        positions = [t for word in c.words(text) for t in word]
        forgotten.append((c.states(c.blocks, c.model, c.ids(text), layer)[positions] - aim).square().mean())
    kept = []
    for text in RETAIN:
        now = c.states(c.blocks, c.model, c.ids(text), layer)[1:-1]
        then = c.states(c.blocks_before, c.before, c.ids(text), layer)[1:-1].detach()
        kept.append((now - then).square().mean())
    return torch.stack(forgotten).mean() + alpha * torch.stack(kept).mean()


def biasunlearn(c, beta, forget_weight, anti_weight, unrelated_weight, mix):
    mean = lambda m, text: c.pseudo(m, text).mean()

    def forgetting(text):
        return -2 / beta * F.logsigmoid(-beta * (mean(c.model, text) - mean(c.before, text).detach()))

    forgotten = sum(forgetting(more) + mix * forgetting(less) for more, less in PAIRS) / (len(PAIRS) * (1 + mix))
    kept = sum(-mean(c.model, less) for _, less in PAIRS) / len(PAIRS)
    return unrelated_weight * c.retain_kl() + forget_weight * forgotten + anti_weight * kept


# Name, options, retain loss, and the forget term. Most are asked of BERT alone.
CASES = [
    ("token-ascent", {}, "none", lambda c: torch.cat(c.per_token("harmful", c.model)).mean()),
    ("token-ascent", {"context": "replaced"}, "none",
     lambda c: torch.cat([c.harmful(c.model, text, replaced=True) for text in SENTENCES]).mean()),
    ("token-ascent", {}, "nll", lambda c: torch.cat(c.per_token("harmful", c.model)).mean()),
    ("token-ascent", {}, "kl", lambda c: torch.cat(c.per_token("harmful", c.model)).mean()),
    ("sentence-ascent", {}, "none", lambda c: torch.cat(c.per_token("all", c.model)).mean()),
    ("npo", {"beta": 0.5}, "none", lambda c: npo(c, 0.5, "harmful")),
    ("simnpo", {"beta": 0.7, "gamma": 0.3, "tokens": "all"}, "none", lambda c: simnpo(c, 0.7, 0.3, "all")),
    ("dpo", {"beta": 0.5}, "none", lambda c: dpo(c, 0.5)),
    ("wga", {}, "none", lambda c: weighted(c, "harmful", lambda p: p)),
    ("satimp", {"beta1": 0.5, "beta2": 2}, "none", lambda c: weighted(c, "harmful", lambda p: p**0.5 * (1 - p) ** 2)),
    ("rmu", {"layer": 1, "coefficient": 3, "alpha": 2}, "none", lambda c: rmu(c, 1, 3, 2, 1)),
    ("cda", {}, "none", lambda c: -torch.cat([c.pseudo(c.model, text) for pair in PAIRS for text in pair]).mean()),
    ("biasunlearn",
     {"beta": 2, "forget-weight": 0.7, "anti-weight": 0.4, "unrelated-weight": 1.5, "mix": 0.5, "polarity": "ignore"},
     "none", lambda c: biasunlearn(c, 2, 0.7, 0.4, 1.5, 0.5)),
]
described = []
for name in ["bert", "roberta"]:
    c = Case(name)
    stored = {}
    for number, (method, options, retain, loss) in enumerate(CASES):
        if name == "roberta" and number > 3:
            continue
        c.model.zero_grad()
        forget = loss(c)
        kept = {"none": lambda: None, "nll": c.retain_nll, "kl": c.retain_kl}[retain]()
        (forget if kept is None else forget + kept).backward()
        stored[f"{number}/loss"] = forget.detach().reshape(1)
        if kept is not None:
            stored[f"{number}/retain"] = kept.detach().reshape(1)
        for parameter, p in c.model.named_parameters():
            if p.grad is not None and p.grad.abs().max() > 0:
                stored[f"{number}/{parameter}"] = p.grad.clone()
        described.append({
            "model": name, "number": number, "method": method, "retain": retain,
            "options": {k: str(v) for k, v in options.items()}})
        print(name, number, method, options, retain, forget.item(), None if kept is None else kept.item())
    # Pseudo-perplexity (Salazar et al. 2020): exp of the mean of −log p over the tokens of all texts, each hidden by itself.
    with torch.no_grad():
        logs = torch.cat([c.pseudo(c.model, text) for text in RETAIN])
        stored["pseudo-perplexity"] = (-logs.mean()).exp().reshape(1)
        print(name, "pseudo-perplexity", stored["pseudo-perplexity"].item(), "of", len(logs), "tokens")
    save_file({k: v.float().contiguous() for k, v in stored.items()}, here / f"{name}.safetensors")
(here / "asked.json").write_text(json.dumps({
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    "sentences": SENTENCES, "words": WORDS, "pairs": PAIRS, "retain": RETAIN, "cases": described}, indent=1) + "\n")
