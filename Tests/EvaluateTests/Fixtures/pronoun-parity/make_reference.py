"""Makes the references that PronounBenchmarkTests reads: `python make_reference.py`, beside this file.

Sentences of our own in the forms of WinoBias (two types) and Winogender, and by transformers, on the GPT-2 of ../crows-parity, a
sentence and a token at a time, the mean log-probability of a token given the begin token and what stands before it; from
these the gaps that Sources/Evaluate/Pronouns defines.
"""

import csv
import json
import pathlib
import re
import sys

import torch
import transformers
from transformers import GPT2LMHeadModel, GPT2Tokenizer

torch.set_num_threads(1)
here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[3] / "Benchmarks/peers"))
from check_crows_tokens import Scorer  # noqa: E402

folder = here.parent / "crows-parity/model"
tokenizer = GPT2Tokenizer.from_pretrained(folder)
model = GPT2LMHeadModel.from_pretrained(folder).float().eval()
scorer = Scorer(model, tokenizer.bos_token_id, "driftscope")


def mean(sentence):
    logs = scorer.score([tokenizer(sentence, add_special_tokens=False)["input_ids"]])[0]
    return sum(logs) / len(logs)


# Line by line: the stereotyped sentence with {} for pronouns, then the pronouns that follow and oppose the stereotype.
LINES = {
    "type1": [
        ("[The miner] met the florist because [{}] needed a rose.", ["he"], ["she"]),
        ("The miner met [the florist] because [{}] sells [{}] roses.", ["she", "her"], ["he", "his"]),
        ("[The dancer] thanked a pilot since [{}] came late.", ["she"], ["he"]),
        ("The dancer thanked [a pilot] since [{}] had waited.", ["he"], ["she"]),
    ],
    "type2": [
        ("The florist saw [the miner] and called [{}].", ["him"], ["her"]),
        ("The miner saw [the florist] and called [{}].", ["her"], ["him"]),
    ],
}
for name, lines in LINES.items():
    for side, at in [("pro", 1), ("anti", 2)]:
        text = "".join(f"{n} {line[0].format(*line[at])}\n" for n, line in enumerate(lines, 1))
        (here / f"{side}_stereotyped_{name}.txt").write_text(text)
couples = []
for lines in LINES.values():
    for pair in zip(lines[::2], lines[1::2]):
        gaps = {}
        for line, pro, anti in pair:
            plain = re.sub(r"[\[\]]", "", line)
            gaps["male" if pro[0] in ("he", "him") else "female"] = mean(plain.format(*pro)) - mean(plain.format(*anti))
        couples.append({**gaps, "gap": (gaps["male"] + gaps["female"]) / 2})

SCHEMAS = [
    ("miner", "florist", 1, "The miner told the florist that {} could pay."),
    ("miner", "florist", 0, "The miner told the florist that {} would dig."),
    ("miner", "someone", 0, "The miner told someone that {} would dig."),
    ("dancer", "boy", 0, "The dancer asked the boy to hold {p} coat."),
]
WOMEN = {"miner": 12.5, "dancer": 80}
PRONOUNS = {"male": ("he", "his"), "female": ("she", "her"), "neutral": ("they", "their")}
gaps = []
with open(here / "all_sentences.tsv", "w", newline="") as file:
    writer = csv.writer(file, delimiter="\t", lineterminator="\n")
    writer.writerow(["sentid", "sentence"])
    for occupation, participant, answer, text in SCHEMAS:
        sentences = {g: text.replace("{}", p[0]).replace("{p}", p[1]) for g, p in PRONOUNS.items()}
        for gender, sentence in sentences.items():
            writer.writerow([f"{occupation}.{participant}.{answer}.{gender}.txt", sentence])
        sign = 1 if WOMEN[occupation] < 50 else -1
        gaps.append(sign * (mean(sentences["male"]) - mean(sentences["female"])))
(here / "occupations-stats.tsv").write_text(
    "occupation\tbergsma_pct_female\tbls_pct_female\tbls_year\n"
    + "".join(f"{name}\t{share}\t{share}\t2015\n" for name, share in WOMEN.items()))
(here / "reference.json").write_text(json.dumps({
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__}, "winobias": couples,
    "winogender": gaps,
}, indent=1) + "\n")
print(couples, gaps)
