"""One token-ascent AdamW step with transformers and PyTorch, on the ids that driftscope-bench wrote.

Two ways, with the mean log-probability of the chosen tokens as the loss to minimise and torch.optim.AdamW with its
defaults but no weight decay. `padded`, the usual one: sentences padded to the longest, an attention mask, all logits.
`plain`: a sentence at a time, without padding, up to its last chosen token, logits at the chosen places only, gradients added up.

    python step.py --model out/gpt2-shape --ids out/bench/step-ids.json --steps 5 --threads 2 --way padded

Made with torch 2.15.0 and transformers 5.24.0. Prints one JSON line.
"""

import argparse
import json
import resource
import time

import torch
import transformers

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--ids", required=True)
parser.add_argument("--steps", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--way", choices=["padded", "plain"], default="padded")
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
transformers.logging.set_verbosity_error()
work = json.load(open(arguments.ids))
model = transformers.AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32)
# Dropout would make the losses incomparable, and cost the peer time.
model.eval()
sentences = work["sentences"]
longest = max(len(s["tokens"]) for s in sentences)
pad = model.config.eos_token_id
ids = torch.full((len(sentences), longest), pad)
mask = torch.zeros((len(sentences), longest), dtype=torch.long)
rows, positions = [], []
for i, s in enumerate(sentences):
    ids[i, : len(s["tokens"])] = torch.tensor(s["tokens"])
    mask[i, : len(s["tokens"])] = 1
    for p in s["harmful"]:
        rows.append(i)
        positions.append(p)
rows, positions = torch.tensor(rows), torch.tensor(positions)


def padded():
    """The loss, whose gradient is taken."""
    logits = model(input_ids=ids, attention_mask=mask).logits
    log_probabilities = torch.log_softmax(logits[rows, positions - 1], dim=-1)
    loss = log_probabilities.gather(1, ids[rows, positions].unsqueeze(1)).mean()
    loss.backward()
    return loss.item()


def plain():
    """The loss, whose gradient is taken sentence by sentence."""
    total = 0.0
    for s in sentences:
        if not s["harmful"]:
            continue
        chosen = torch.tensor(s["harmful"])
        tokens = torch.tensor(s["tokens"])
        logits = model(input_ids=tokens[: int(chosen.max())].unsqueeze(0), logits_to_keep=chosen - 1).logits[0]
        loss = torch.log_softmax(logits, dim=-1).gather(1, tokens[chosen].unsqueeze(1)).sum() / len(rows)
        loss.backward()
        total += loss.item()
    return total


optimizer = torch.optim.AdamW(model.parameters(), lr=work["learningRate"], weight_decay=0.0)
losses, times = [], []
for step in range(arguments.steps + 1):
    start = time.perf_counter()
    optimizer.zero_grad()
    loss = padded() if arguments.way == "padded" else plain()
    optimizer.step()
    elapsed = time.perf_counter() - start
    losses.append(loss)
    if step > 0:  # the first step is the warm-up
        times.append(elapsed)
times.sort()
print(json.dumps({
    "peer": f"transformers {transformers.__version__}, torch {torch.__version__}",
    "way": arguments.way,
    "threads": arguments.threads,
    "tokens": sum(len(s["tokens"]) for s in sentences),
    "paddedTokens": len(sentences) * longest,
    "losses": losses,
    "medianSeconds": times[len(times) // 2],
    "p95Seconds": times[min(len(times) - 1, int(0.95 * len(times)))],
    "peakMemoryMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
