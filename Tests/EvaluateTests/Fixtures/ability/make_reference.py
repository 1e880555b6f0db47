"""Makes the references that the tests of BLiMP, last words and windows of perplexity read: `python make_reference.py`, beside this file.

    pip install torch==2.15.0 transformers==5.24.0 lm-eval==0.4.13

Texts of our own and the GPT-2 of ../crows-parity. Three ways, a text at a time:

- sums of log p behind the begin token, by transformers alone;
- lm-evaluation-harness itself, the settings of its tasks blimp and lambada_openai, from local files;
- perplexity in windows that overlap, as the guide of Hugging Face (transformers, "Perplexity of fixed-length models") has
  them: tokens of the window before are context and are not scored.
"""

import json
import math
import pathlib
import random

import lm_eval
import torch
import transformers
from lm_eval.models.huggingface import HFLM
from transformers import GPT2LMHeadModel, GPT2Tokenizer

torch.set_num_threads(1)
here = pathlib.Path(__file__).resolve().parent
tokenizer = GPT2Tokenizer.from_pretrained(here.parent / "crows-parity/model")
model = GPT2LMHeadModel.from_pretrained(here.parent / "crows-parity/model").float().eval()
begin = tokenizer.bos_token_id


def encode(text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


@torch.no_grad()
def logs(ids):
    """log p of every token but the first, and whether each is the likeliest."""
    found = torch.log_softmax(model(torch.tensor([ids])).logits[0, :-1].double(), -1)
    wanted = torch.tensor(ids[1:])
    return found[torch.arange(len(wanted)), wanted].tolist(), (found.argmax(-1) == wanted).tolist()


PAIRS = [
    ("The sailors are loud.", "The sailors is loud.", "morphology", "agreement", "sailors_are"),
    ("The sailor is loud.", "The sailor are loud.", "morphology", "agreement", "sailors_are"),
    ("No sailor ever sang.", "The sailor ever sang.", "semantics", "polarity", "ever"),
    ("What did they sing?", "What did they sing it?", "syntax", "islands", "gap"),
    ("Café owners sang.", "Café sang owners.", "syntax", "order", "subject_first"),
    ("He was here.", "He was here.", "syntax", "order", "subject_first"),
]
(here / "blimp.jsonl").write_text("".join(
    json.dumps({
        "sentence_good": good, "sentence_bad": bad, "field": field, "linguistics_term": term, "UID": uid,
        "simple_LM_method": True, "pairID": str(number),
    }) + "\n" for number, (good, bad, field, term, uid) in enumerate(PAIRS)))
sums = [[sum(logs([begin] + encode(text))[0]) for text in pair[:2]] for pair in PAIRS]

# Passages whose last word the model finds, behind a begin token or without one, and others.
draw = random.Random(3)
words = "the sea inn tea ounce then an thin south north sailor men cat sun coin nine stone".split()
passages, found = ["The coin was in the sea.", "tea  and  tea", "They met by the north inn, then the south inn"], {}
for _ in range(60000):
    context = " ".join(draw.choices(words, k=draw.randint(2, 5)))
    for kind, front in (("begin", [begin]), ("alone", [])):
        ids, word = front + encode(context), []
        for _ in range(2):
            with torch.no_grad():
                token = model(torch.tensor([ids])).logits[0, -1].argmax().item()
            ids, word = ids + [token], word + [token]
            text = tokenizer.decode(word)
            if text[0] != " " or not text[1:].isascii() or not text[1:].isalpha():
                break
            if encode(context + text) != ids[len(front):]:
                break
            found.setdefault((kind, len(word)), context + text)
    if len(found) == 4:
        break
print(found)
passages += [found[key] for key in sorted(found)]
(here / "passages.txt").write_text("".join(passage + "\n" for passage in passages))


def last_word(passage, front):
    context = passage[:passage.rindex(" ")].rstrip()
    ids, first = front + encode(passage), len(front) + len(encode(context))
    found, likeliest = logs(ids)
    return {"log": sum(found[first - 1:]), "tokens": len(ids) - first, "right": all(likeliest[first - 1:])}


harness = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=1, device="cpu")


def run(task, file, **settings):
    kind = file.rsplit(".")[-1].replace("jsonl", "json").replace("txt", "text")
    settings |= {"task": task, "dataset_path": kind, "dataset_kwargs": {"data_files": {"test": str(here / file)}}}
    out = lm_eval.simple_evaluate(model=harness, tasks=[settings | {"test_split": "test"}], log_samples=True)
    samples = sorted(out["samples"][task], key=lambda sample: sample["doc_id"])
    return out["results"][task], [[response[0] for response in sample["resps"]] for sample in samples]


blimp, responses = run(
    "blimp_local", "blimp.jsonl", output_type="multiple_choice", doc_to_text="", doc_to_target=0,
    doc_to_choice="{{[sentence_good, sentence_bad]}}", num_fewshot=0,
    metric_list=[{"metric": "acc", "aggregation": "mean", "higher_is_better": True}])
lambada, answers = run(
    "lambada_local", "passages.txt", output_type="loglikelihood", doc_to_text="{{text.split(' ')[:-1]|join(' ')}}",
    doc_to_target="{{' '+text.split(' ')[-1]}}",
    metric_list=[
        {"metric": "perplexity", "aggregation": "perplexity", "higher_is_better": False},
        {"metric": "acc", "aggregation": "mean", "higher_is_better": True},
    ])


@torch.no_grad()
def windows(ids, size, stride, front):
    """Mean negative log p in windows of `size` tokens of text that advance by `stride`."""
    total, count, previous = 0.0, 0, 0
    for start in range(0, len(ids), stride):
        end = min(start + size, len(ids))
        inputs = torch.tensor([front + ids[start:end]])
        labels = inputs.clone()
        labels[:, :inputs.shape[1] - (end - previous)] = -100
        scored = (labels[:, 1:] != -100).sum().item()
        total += model(inputs, labels=labels).loss.item() * scored
        count, previous = count + scored, end
        if end == len(ids):
            break
    return {"size": size, "stride": stride, "begin": bool(front), "mean": total / count, "tokens": count}


TEXT = "The sailors sang of the sea.\nThen the south wind came, and the coin sank in the tea.\nNo one saw the café, \
nor the stone men in the north inn; nine thin cats slept there until the sun was out again.\n"
(here / "text.txt").write_text(TEXT)
ids = encode(TEXT)
perplexities = [
    windows(ids, size, stride, front)
    for size, stride in ((64, 64), (64, 16), (40, 7), (9, 4), (30, 30)) for front in ([], [begin])
    if size + len(front) <= 64
]
(here / "reference.json").write_text(json.dumps({
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "lm-eval": lm_eval.__version__},
    "blimp": {"driftscope": sums, "lm-eval": [[one[0] for one in pair] for pair in responses], "acc": blimp["acc,none"]},
    "lastWords": {
        "driftscope": [last_word(passage, [begin]) for passage in passages],
        "lm-eval": [{"log": one[0][0], "right": bool(one[0][1])} for one in answers],
        "perplexity": lambada["perplexity,none"], "acc": lambada["acc,none"],
    },
    "perplexities": perplexities,
}, indent=1) + "\n")
print(blimp, lambada, math.exp(perplexities[0]["mean"]), len(ids))
