"""Prints the table of one benchmark run from the JSON lines in its folder, and times the demo and --help."""

import os
import subprocess
import time

from results import folder, load, machine


def timed(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


ours, peer = load("step-ours"), load("step-peer")
crows, crows_peer = load("crows-ours"), load("crows-peer")
memory = load("memory-ours")
loss = max(abs(a - b) / max(abs(b), 1) for a, b in zip(ours["losses"], peer["losses"]))
score = max(abs(a - b) for a, b in zip(crows["means"], crows_peer["means"]))
demo = timed([".build/release/driftscope", "demo", "--quiet", "--out", os.path.join(folder, "demo")])
plain = timed(
    [".build/release/driftscope", "demo", "--quiet", "--set", "why=none", "--out", os.path.join(folder, "demo-plain")])
help_time = sorted(timed([".build/release/driftscope", "--help"]) for _ in range(21))[10]
print(f"machine: {machine()}; peer: {peer['peer']}; {ours['threads']} threads each")
print(f"step: {ours['tokens']} tokens, {ours['tokensRun']} run; the peer ran {peer['paddedTokens']} with padding")
print()
print("| work | driftscope | transformers | ratio |")
print("|---|---|---|---|")
print(f"| token-ascent AdamW step, 16 sentences | {ours['medianSeconds']:.3f} s | {peer['medianSeconds']:.3f} s padded "
      f"| {peer['medianSeconds'] / ours['medianSeconds']:.2f}x |")
print(f"| CrowS-Pairs, 200 rows, one at a time | {crows['seconds']:.2f} s | {crows_peer['singleSeconds']:.2f} s "
      f"| {crows_peer['singleSeconds'] / crows['seconds']:.2f}x |")
print(f"| CrowS-Pairs, 200 rows, batches of {crows_peer['batch']} | {crows['seconds']:.2f} s | {crows_peer['paddedSeconds']:.2f} s "
      f"| {crows_peer['paddedSeconds'] / crows['seconds']:.2f}x |")
print(f"| peak memory, KL retain and guard on | {memory['peakMemoryMiB'] / 1024:.2f} GiB | | |")
print(f"| peak memory, one step, no retain | {ours['peakMemoryMiB'] / 1024:.2f} GiB | {peer['peakMemoryMiB'] / 1024:.2f} GiB | |")
print(f"| driftscope demo | {demo:.1f} s | | |")
print(f"| of it: why it moved, all of it | {demo - plain:.1f} s | | |")
print(f"| driftscope --help | {help_time * 1000:.0f} ms | | |")
print()
print("losses side by side: " + ", ".join(f"{a:.5f}/{b:.5f}" for a, b in zip(ours["losses"], peer["losses"])))
print(f"worst relative difference of a loss: {loss:.1e}; of a sentence's mean log p: {score:.1e} absolute")
