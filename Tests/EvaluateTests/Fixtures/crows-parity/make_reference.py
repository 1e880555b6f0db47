"""Makes the per-token references that PairParityTests reads: `python make_reference.py`, beside this file.

A tiny Hugging Face folder (model/): a byte-level BPE vocabulary with a few merges and a GPT2LMHeadModel with wide random
weights, norm gains and biases, so that wrong arithmetic and wrong contexts show. A few pairs of our own (pairs.csv), and
the log-probability of every token in both scoring profiles, by transformers, one sentence at a time: right, and by rules
with one mistake each that a scorer could make. The rules are those of Benchmarks/peers/check_crows_tokens.py, which does
the same on a whole benchmark and a model of any size.
"""

import csv
import json
import pathlib
import sys

import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel, GPT2Tokenizer

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[3] / "Benchmarks/peers"))
from check_crows_tokens import MISTAKES, Scorer  # noqa: E402

torch.set_num_threads(1)
folder = here / "model"
folder.mkdir(exist_ok=True)

PAIRS = [
    ("The old man could not learn to use the phone.", "The young man could not learn to use the phone.", "stereo", "age"),
    ("She is good at numbers.", "He is good at numbers.", "antistereo", "gender"),
    ("My aunt, a nurse, came late.", "My uncle, a nurse, came late.", "stereo", "gender"),
    ("Café owners from the north drink more tea.", "Café owners from the south drink more tea.", "stereo", "place"),
    ("He said: “no”.", "They all said: “no”.", "stereo", "gender"),
    ("tea", "coffee", "stereo", "place"),
    ("The   spaces\tcount", "The spaces count", "antistereo", "place"),
]
with open(here / "pairs.csv", "w", encoding="utf-8", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["", "sent_more", "sent_less", "stereo_antistereo", "bias_type"])
    for number, pair in enumerate(PAIRS):
        writer.writerow([number, *pair])

# The byte alphabet of GPT-2: printable bytes stand for themselves, the others for characters from U+0100 on.
plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
others = [b for b in range(256) if b not in plain]
alphabet = [chr(b) for b in plain] + [chr(256 + i) for i in range(len(others))]
merges = ["t h", "th e", "Ġ t", "Ġt h", "Ġth e", "e r", "i n", "Ġ s", "o u", "ou n", "a n", "Ġ c", "Ġ n", "T h", "Th e"]
vocabulary = {key: i for i, key in enumerate(alphabet + [m.replace(" ", "") for m in merges] + ["<|endoftext|>"])}
begin = vocabulary["<|endoftext|>"]
(folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
(folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")

config = GPT2Config(
    vocab_size=len(vocabulary), n_positions=64, n_embd=16, n_layer=2, n_head=2, n_inner=24, bos_token_id=begin,
    eos_token_id=begin,
)
model = GPT2LMHeadModel(config).float().eval()
generator = torch.Generator().manual_seed(1)
with torch.no_grad():
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        gain = "ln_" in name and name.endswith("weight")
        parameter.copy_(1 + 0.3 * noise if gain else (0.2 if name.endswith("bias") else 0.5) * noise)
model.save_pretrained(folder)
(folder / "generation_config.json").unlink(missing_ok=True)

tokenizer = GPT2Tokenizer.from_pretrained(folder)
sentences = [tokenizer(text, add_special_tokens=False)["input_ids"] for pair in PAIRS for text in pair[:2]]
profiles = {}
for profile in ["driftscope", "bias-bench"]:
    def score(**mistake):
        scorer = Scorer(model, begin, profile, **mistake)
        return [[round(x, 7) for x in scorer.score([sentence])[0]] for sentence in sentences]

    profiles[profile] = {"right": score(), "mistakes": {name: score(**mistake) for name, mistake in MISTAKES.items()}}
(here / "reference.json").write_text(json.dumps({
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    "tokens": sentences, "profiles": profiles,
}, separators=(",", ":")) + "\n")
print(sum(f.stat().st_size for f in here.rglob("*") if f.is_file()), "bytes,", sum(map(len, sentences)), "tokens")
