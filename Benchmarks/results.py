"""What the tables share: the folder of JSON lines that a benchmark names, and the machine."""

import json
import os
import platform
import sys

folder = sys.argv[1]


def load(name):
    with open(os.path.join(folder, name + ".json")) as file:
        return json.loads(file.read().strip().splitlines()[-1])


def machine():
    cpu = next(
        (l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.processor())
    return f"{cpu}, {os.cpu_count()} cores"


def row(work, ours, peer, name):
    print(f"| {work} | {ours:.2f} s | {peer:.2f} s | {name} | {peer / ours:.2f}x |")


def comparison(title, noun, ours, crows):
    """The rows of a step and of scoring beside transformers, and what it did in which way: `(padded, plain, scores)`."""
    padded, plain, peer = load("step-padded"), load("step-plain"), load("crows-peer")
    print(f"| {title} | driftscope | peer | | ratio |")
    print("|---|---|---|---|---|")
    work = "token-ascent AdamW step, 16 sentences"
    row(work, ours["medianSeconds"], padded["medianSeconds"], "transformers, padded")
    row(work, ours["medianSeconds"], plain["medianSeconds"], "transformers, without padding, logits where asked")
    work = scored(crows, noun)
    row(work, crows["seconds"], peer["singleSeconds"], "transformers, one at a time")
    row(work, crows["seconds"], peer["paddedSeconds"], f"transformers, batches of {peer['batch']}, padded")
    row(work, crows["seconds"], peer["equalSeconds"], "transformers, batches of one length")
    return padded, plain, peer


def scored(crows, noun):
    return f"CrowS-Pairs, {crows['sentences'] // 2} {noun}"


def gibibytes(measured):
    return f"{measured['peakMemoryMiB'] / 1024:.2f} GiB"


def worst_loss(ours, *peers):
    """The worst relative difference of a loss, after a line with those of the first peer beside ours."""
    pairs = zip(ours["losses"], peers[0]["losses"])
    print("losses side by side: " + ", ".join(f"{a:.5f}/{b:.5f}" for a, b in pairs))
    return max(abs(a - b) / max(abs(b), 1) for p in peers for a, b in zip(ours["losses"], p["losses"]))
