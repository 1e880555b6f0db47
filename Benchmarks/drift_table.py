"""Prints the rows of a drift benchmark from the JSON lines in its folder."""

from results import load

ours, peer, drift = load("neighbours-ours"), load("neighbours-peer"), load("drift-ours")
alone = sum(ours["sgemmGigaflops"]) / len(ours["sgemmGigaflops"])
print(f"{ours['rows']} x {ours['columns']}, before and after; {ours['threads']} threads each")
print()
print("| work | driftscope | beside it | ratio |")
print("|---|---|---|---|")
print(f"| ten nearest rows of all rows, against SGEMM alone | {ours['gigaflops']:.0f} GFLOP/s | {alone:.0f} GFLOP/s "
      f"| {100 * ours['gigaflops'] / alone:.0f} % |")
for name, title in (("faiss", "faiss-cpu IndexFlatIP"), ("sklearn", "scikit-learn brute cosine")):
    if name + "Seconds" in peer:
        print(f"| the same, seconds, against {title} | {ours['seconds']:.1f} s | {peer[name + 'Seconds']:.1f} s "
              f"| {peer[name + 'Seconds'] / ours['seconds']:.2f}x |")
print(f"| memory of it beside the matrices | {ours['extraMemoryMiB']:.0f} MiB | | |")
print(f"| 10,000 matched control sets for {drift['clusters']} clusters and their groups, {drift['words']} words "
      f"| {drift['draws']:.1f} s | | |")
print(f"| all other drift measures: CKA, Procrustes, subspaces, pools … | {drift['withoutDraws']:.1f} s | | |")
print(f"| peak memory of the drift analysis, matrices included | {drift['peakMemoryMiB']:.0f} MiB | | |")
print()
overlaps = ", ".join(f"{name} {peer[name + 'Overlap']:.6f}" for name in ("faiss", "sklearn") if name + "Overlap" in peer)
print(f"mean Jaccard index: driftscope {ours['overlap']:.6f}, {overlaps}")
