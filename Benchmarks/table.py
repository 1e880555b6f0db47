"""Prints the table of one benchmark run from the JSON lines in its folder, and times the demo and --help."""

import os
import subprocess
import time

from results import folder, load, machine, row


def timed(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


ours, peer, plain = load("step-ours"), load("step-padded"), load("step-plain")
crows, crows_peer = load("crows-ours"), load("crows-peer")
others = [load("crows-ctranslate2")]
memory = load("memory-ours")
loss = max(abs(a - b) / max(abs(b), 1) for p in [peer, plain] for a, b in zip(ours["losses"], p["losses"]))
score = max(abs(a - b) for p in [crows_peer] + others for a, b in zip(crows["means"], p["means"]))
demo = timed([".build/release/driftscope", "demo", "--quiet", "--out", os.path.join(folder, "demo")])
demo_plain = timed(
    [".build/release/driftscope", "demo", "--quiet", "--set", "why=none", "--out", os.path.join(folder, "demo-plain")])
help_time = sorted(timed([".build/release/driftscope", "--help"]) for _ in range(21))[10]
peers = "; ".join([peer["peer"]] + [p["peer"] for p in others])
print(f"machine: {machine()}; ours: {ours['kernels']}; peers: {peers}; {ours['threads']} threads each")
print(f"step: {ours['tokens']} tokens, {ours['tokensRun']} run; the peer ran {peer['paddedTokens']} with padding")
print()
print("| GPT-2 124M | driftscope | peer | | ratio |")
print("|---|---|---|---|---|")
work = "token-ascent AdamW step, 16 sentences"
for name, p in [("padded", peer), ("without padding, logits where asked", plain)]:
    row(work, ours["medianSeconds"], p["medianSeconds"], f"transformers, {name}")
work = f"CrowS-Pairs, {crows['sentences'] // 2} rows"
row(work, crows["seconds"], crows_peer["singleSeconds"], "transformers, one at a time")
row(work, crows["seconds"], crows_peer["paddedSeconds"], f"transformers, batches of {crows_peer['batch']}, padded")
row(work, crows["seconds"], crows_peer["equalSeconds"], f"transformers, batches of one length")
for p in others:
    row(work, crows["seconds"], p["seconds"], p["peer"])
print(f"| peak memory, KL retain and guard on | {memory['peakMemoryMiB'] / 1024:.2f} GiB | | | |")
print(f"| peak memory, one step, no retain | {ours['peakMemoryMiB'] / 1024:.2f} GiB | {peer['peakMemoryMiB'] / 1024:.2f} GiB | transformers, padded | |")
print(f"| driftscope demo | {demo:.1f} s | | | |")
print(f"| of it: why it moved, all of it | {demo - demo_plain:.1f} s | | | |")
print(f"| driftscope --help | {help_time * 1000:.0f} ms | | | |")
print()
print("losses side by side: " + ", ".join(f"{a:.5f}/{b:.5f}" for a, b in zip(ours["losses"], peer["losses"])))
print(f"worst relative difference of a loss: {loss:.1e}; of a sentence's mean log p: {score:.1e} absolute")
