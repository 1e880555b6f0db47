"""CrowS-Pairs sentences scored with transformers and PyTorch, on the ids that driftscope-bench wrote.

Three ways: one sentence at a time, batches padded to their longest sentence, and batches of sentences of one length, which
need no padding. The last token, whose logits nobody asks for, is not run. The begin token stays in context and every later
token is scored (profile `driftscope`).

    python crows.py --model out/gpt2-shape --ids out/bench/crows-ids.json --batch 32 --threads 2

Made with torch 2.15.0 and transformers 5.24.0. Prints one JSON line.
"""

import argparse
import itertools
import json
import time

import torch
import transformers

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--ids", required=True)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
transformers.logging.set_verbosity_error()
work = json.load(open(arguments.ids))
model = transformers.AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32)
model.eval()
sentences = work["sentences"]
pad = model.config.eos_token_id


def score(batch):
    """Mean log-probability of each sentence's tokens after the begin token."""
    longest = max(map(len, batch))
    ids = torch.full((len(batch), longest), pad)
    mask = torch.zeros((len(batch), longest), dtype=torch.long)
    for i, tokens in enumerate(batch):
        ids[i, : len(tokens)] = torch.tensor(tokens)
        mask[i, : len(tokens)] = 1
    is_padded = any(len(tokens) < longest for tokens in batch)
    with torch.inference_mode():
        # Without a mask the model takes the causal attention that needs none.
        logits = model(input_ids=ids[:, :-1], attention_mask=mask[:, :-1] if is_padded else None).logits
        chosen = torch.log_softmax(logits, dim=-1).gather(2, ids[:, 1:].unsqueeze(2)).squeeze(2)
        inside = mask[:, 1:].to(chosen.dtype)
        return ((chosen * inside).sum(1) / inside.sum(1)).tolist()


score(sentences[:2])  # warm-up
start = time.perf_counter()
single = [score([s])[0] for s in sentences]
single_seconds = time.perf_counter() - start
start = time.perf_counter()
padded = []
for i in range(0, len(sentences), arguments.batch):
    padded += score(sentences[i : i + arguments.batch])
padded_seconds = time.perf_counter() - start
start = time.perf_counter()
equal = [0.0] * len(sentences)
order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
for _, group in itertools.groupby(order, key=lambda i: len(sentences[i])):
    group = list(group)
    for i in range(0, len(group), arguments.batch):
        part = group[i : i + arguments.batch]
        for index, value in zip(part, score([sentences[k] for k in part])):
            equal[index] = value
equal_seconds = time.perf_counter() - start
print(json.dumps({
    "peer": f"transformers {transformers.__version__}, torch {torch.__version__}",
    "threads": arguments.threads,
    "sentences": len(sentences),
    "singleSeconds": single_seconds,
    "paddedSeconds": padded_seconds,
    "equalSeconds": equal_seconds,
    "batch": arguments.batch,
    "means": single,
    "worstPaddedDifference": max(abs(a - b) for a, b in zip(single, padded)),
    "worstEqualDifference": max(abs(a - b) for a, b in zip(single, equal)),
}))
