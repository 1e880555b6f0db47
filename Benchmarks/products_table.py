"""Prints the table of one run of products.sh from the JSON lines in its folder."""

import sys

from results import load, machine

shapes = sys.argv[2].split(",")
ours, peers = load("products-ours"), load("products-peer")
names = list(peers["gflops"])
print(f"machine: {machine()}; {ours['kernels']}; {ours['threads']} threads each; GFLOP/s")
print()
print("| m × n × k | driftscope | " + " | ".join(names) + " | share of the best |")
print("|---|---|" + "---|" * len(names) + "---|")
for i, shape in enumerate(shapes):
    others = [peers["gflops"][name][i] for name in names]
    print(f"| {shape.replace('x', ' × ')} | {ours['gflops'][i]:.0f} | " + " | ".join(f"{o:.0f}" for o in others)
          + f" | {ours['gflops'][i] / max(others):.2f} |")
