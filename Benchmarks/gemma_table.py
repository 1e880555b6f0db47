"""Prints the table of one Gemma benchmark from the JSON lines in its folder, and where our time goes."""

from results import load, machine


def profile(title, seconds):
    print()
    print(f"{title}, by operation (forward and backward):")
    whole = sum(v for k, v in seconds.items() if k != "all operations")
    for name, value in seconds.items():
        if name != "all operations" and value > 0.005 * whole:
            print(f"  {name:<28}{value:9.3f} s  {100 * value / whole:5.1f} %")


ours, peer = load("step-ours"), load("step-peer")
crows, other = load("crows-ours"), load("crows-peer")
loss = max(abs(a - b) / max(abs(b), 1) for a, b in zip(ours["losses"], peer["losses"]))
score = max(abs(a - b) / abs(b) for a, b in zip(crows["means"], other["means"]))
print(f"machine: {machine()}; peer: {peer['peer']}; {ours['threads']} threads each; OpenBLAS {ours['kernels']}")
print(f"step: {ours['tokens']} tokens, {ours['tokensRun']} run; the peer ran {peer['paddedTokens']} with padding")
print()
print("| Gemma 3 270M | driftscope | transformers | ratio |")
print("|---|---|---|---|")


def row(work, a, b):
    print(f"| {work} | {a:.2f} s | {b:.2f} s | {b / a:.2f}x |")


pairs = crows["sentences"] // 2
row("token-ascent AdamW step, 16 sentences", ours["medianSeconds"], peer["medianSeconds"])
row(f"CrowS-Pairs, {pairs} pairs, batches of {other['batch']}", crows["seconds"], other["paddedSeconds"])
row(f"CrowS-Pairs, {pairs} pairs, one at a time", crows["seconds"], other["singleSeconds"])
print(f"| peak memory of the step | {ours['peakMemoryMiB'] / 1024:.2f} GiB | {peer['peakMemoryMiB'] / 1024:.2f} GiB | |")
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
