"""Prints the table of one Gemma benchmark from the JSON lines in its folder, and where our time goes."""

from results import load, machine, row


def profile(title, seconds):
    print()
    print(f"{title}, by operation (forward and backward):")
    whole = sum(v for k, v in seconds.items() if k != "all operations")
    for name, value in seconds.items():
        if name != "all operations" and value > 0.005 * whole:
            print(f"  {name:<28}{value:9.3f} s  {100 * value / whole:5.1f} %")


ours, peer, plain = load("step-ours"), load("step-padded"), load("step-plain")
crows, other = load("crows-ours"), load("crows-peer")
loss = max(abs(a - b) / max(abs(b), 1) for a, b in zip(ours["losses"], peer["losses"]))
score = max(abs(a - b) / abs(b) for a, b in zip(crows["means"], other["means"]))
print(f"machine: {machine()}; peer: {peer['peer']}; {ours['threads']} threads each; ours: {ours['kernels']}")
print(f"step: {ours['tokens']} tokens, {ours['tokensRun']} run; the peer ran {peer['paddedTokens']} with padding")
print()
print("| Gemma 3 270M | driftscope | peer | | ratio |")
print("|---|---|---|---|---|")
pairs = crows["sentences"] // 2
work = "token-ascent AdamW step, 16 sentences"
for name, p in [("padded", peer), ("without padding, logits where asked", plain)]:
    row(work, ours["medianSeconds"], p["medianSeconds"], f"transformers, {name}")
work = f"CrowS-Pairs, {pairs} pairs"
row(work, crows["seconds"], other["singleSeconds"], "transformers, one at a time")
row(work, crows["seconds"], other["paddedSeconds"], f"transformers, batches of {other['batch']}, padded")
row(work, crows["seconds"], other["equalSeconds"], f"transformers, batches of one length")
print(f"| peak memory of the step | {ours['peakMemoryMiB'] / 1024:.2f} GiB | {peer['peakMemoryMiB'] / 1024:.2f} GiB | transformers, padded | |")
print()
print("peak memory of unlearning, batches of 16, KL retain term and guard on:")
for name, title in [
    ("all", "all tensors"),
    ("checkpointed", "all tensors, activation checkpointing"),
    ("attention", "attention alone"),
]:
    print(f"  {title:<40}{load('memory-' + name)['peakMemoryMiB'] / 1024:.2f} GiB")
print()
print("losses side by side: " + ", ".join(f"{a:.5f}/{b:.5f}" for a, b in zip(ours["losses"], peer["losses"])))
print(f"worst relative difference of a loss: {loss:.1e}; of a sentence's mean log p: {score:.1e}")
profile("Our step", ours["profile"])
profile("Our scoring", crows["profile"])
