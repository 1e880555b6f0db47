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
