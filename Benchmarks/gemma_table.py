"""Prints the table of one Gemma benchmark from the JSON lines in its folder, and where our time goes."""

from results import comparison, gibibytes, load, machine, worst_loss


def profile(title, seconds):
    print()
    print(f"{title}, by operation (forward and backward):")
    whole = sum(v for k, v in seconds.items() if k != "all operations")
    for name, value in seconds.items():
        if name != "all operations" and value > 0.005 * whole:
            print(f"  {name:<28}{value:9.3f} s  {100 * value / whole:5.1f} %")


ours, crows = load("step-ours"), load("crows-ours")
print(f"machine: {machine()}; {ours['threads']} threads each; ours: {ours['kernels']}")
print()
padded, plain, peer = comparison("Gemma 3 270M", "pairs", ours, crows)
print(f"| peak memory of the step | {gibibytes(ours)} | {gibibytes(padded)} | transformers, padded | |")
print()
print(f"peer: {padded['peer']}")
print(f"step: {ours['tokens']} tokens, {ours['tokensRun']} run; the peer ran {padded['paddedTokens']} with padding")
print("peak memory of unlearning, batches of 16, KL retain term and guard on:")
for name, title in [
    ("all", "all tensors"),
    ("checkpointed", "all tensors, activation checkpointing"),
    ("attention", "attention alone"),
    ("lora", "low-rank factors, rank 8, all linear"),
]:
    print(f"  {title:<40}{gibibytes(load('memory-' + name))}")
print()
loss = worst_loss(ours, padded, plain)
score = max(abs(a - b) / abs(b) for a, b in zip(crows["means"], peer["means"]))
print(f"worst relative difference of a loss: {loss:.1e}; of a sentence's mean log p: {score:.1e}")
profile("Our step", ours["profile"])
profile("Our scoring", crows["profile"])
