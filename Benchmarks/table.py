"""Prints the table of one benchmark run from the JSON lines in its folder, and times the demo and --help."""

import os
import subprocess
import time

from results import comparison, folder, gibibytes, load, machine, row, scored, worst_loss


def timed(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


ours, crows = load("step-ours"), load("crows-ours")
others = [load("crows-ctranslate2")]
memory = load("memory-ours")
demo = timed([".build/release/driftscope", "demo", "--quiet", "--out", os.path.join(folder, "demo")])
demo_plain = timed(
    [".build/release/driftscope", "demo", "--quiet", "--set", "why=none", "--out", os.path.join(folder, "demo-plain")])
help_time = sorted(timed([".build/release/driftscope", "--help"]) for _ in range(21))[10]
print(f"machine: {machine()}; {ours['threads']} threads each; ours: {ours['kernels']}")
print()
padded, plain, peer = comparison("GPT-2 124M", "rows", ours, crows)
for p in others:
    row(scored(crows, "rows"), crows["seconds"], p["seconds"], p["peer"])
print(f"| peak memory, KL retain and guard on | {gibibytes(memory)} | | | |")
print(f"| the same, low-rank factors of rank 8 | {gibibytes(load('memory-lora'))} | | | |")
print(f"| peak memory, one step, no retain | {gibibytes(ours)} | {gibibytes(padded)} | transformers, padded | |")
print(f"| driftscope demo | {demo:.1f} s | | | |")
print(f"| of it: why it moved, all of it | {demo - demo_plain:.1f} s | | | |")
print(f"| driftscope --help | {help_time * 1000:.0f} ms | | | |")
print()
stereoset = load("stereoset")
for name, title in [("stereoset", "StereoSet, three sentences an item"), ("crows", "CrowS-Pairs, two a pair")]:
    part = stereoset[name]
    print(f"{title}: {1000 * part['seconds'] / part['sentences']:.1f} ms a sentence of "
          f"{part['tokens'] / part['sentences']:.1f} tokens")
print()
print("peers: " + "; ".join([padded["peer"]] + [p["peer"] for p in others]))
print(f"step: {ours['tokens']} tokens, {ours['tokensRun']} run; the peer ran {padded['paddedTokens']} with padding")
loss = worst_loss(ours, padded, plain)
score = max(abs(a - b) for p in [peer] + others for a, b in zip(crows["means"], p["means"]))
print(f"worst relative difference of a loss: {loss:.1e}; of a sentence's mean log p: {score:.1e} absolute")
