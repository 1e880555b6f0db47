"""Holds CrowS-Pairs' scores against lm-evaluation-harness, and times both, in one run on this machine.

    python check_lm_eval.py --model FOLDER --crows-pairs crows.csv [--driftscope PROGRAM] [--rows N] [--threads N] [--batch N]

The harness runs its crows_pairs task with its own functions, on the local CSV. driftscope runs the profile lm-eval. Prints the worst
absolute difference of a sentence's summed log p and where it is, the two metrics of both, and the seconds: of the harness its
evaluation alone, of driftscope the whole process, which loads the model too. Exit code 1 when a pair is missing, when a
difference is over 1e-4 absolute plus 1e-6 relative, or a metric differs by more. Made with torch 2.15.0, transformers 5.24.0 and
lm-eval 0.4.13.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time

import lm_eval
import torch
import transformers
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks.crows_pairs import utils


def harness(arguments, pairs):
    model = transformers.AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.model)
    task = {
        "task": "crows_pairs_local", "dataset_path": "csv", "dataset_kwargs": {"data_files": {"test": pairs}},
        "test_split": "test", "output_type": "multiple_choice", "doc_to_text": "", "target_delimiter": "", "doc_to_target": 0,
        "doc_to_choice": utils.doc_to_choice, "process_results": utils.process_results,
        "metric_list": [
            {"metric": name, "aggregation": "mean", "higher_is_better": False}
            for name in ["likelihood_diff", "pct_stereotype"]
        ],
    }
    peer = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=arguments.batch, device="cpu")
    start = time.perf_counter()
    out = lm_eval.simple_evaluate(model=peer, tasks=[task], log_samples=True, bootstrap_iters=0)
    seconds = time.perf_counter() - start
    samples = sorted(out["samples"]["crows_pairs_local"], key=lambda sample: sample["doc_id"])
    results = out["results"]["crows_pairs_local"]
    metrics = results["likelihood_diff,none"], results["pct_stereotype,none"]
    return [[response[0][0] for response in sample["resps"]] for sample in samples], metrics, seconds


def ours(arguments, pairs, folder):
    items = os.path.join(folder, "items.csv")
    start = time.perf_counter()
    subprocess.run(
        [arguments.driftscope, "evaluate", "--model", arguments.model, "--crows-pairs", pairs, "--profile", "lm-eval",
         "--per-item", items, "--threads", str(arguments.threads), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    rows = {int(row["row"]): row for row in csv.DictReader(open(items, encoding="utf-8", newline=""))}
    return {number: [float(row["more_sum"]), float(row["less_sum"])] for number, row in rows.items()}, seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--crows-pairs", required=True)
    parser.add_argument("--driftscope", default=".build/release/driftscope")
    parser.add_argument("--rows", type=int, help="only the first N rows")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    transformers.logging.set_verbosity_error()

    with tempfile.TemporaryDirectory() as folder:
        pairs = os.path.abspath(arguments.crows_pairs)
        if arguments.rows is not None:
            with open(pairs, encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))[: arguments.rows + 1]
            pairs = os.path.join(folder, "pairs.csv")
            with open(pairs, "w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
        expected, metrics, theirs = harness(arguments, pairs)
        found, seconds = ours(arguments, pairs, folder)

    if len(found) != len(expected):
        print(f"{len(expected)} pairs by the harness, {len(found)} by driftscope")
        return 1
    worst, failed = (0.0, 0, 0), False
    for number, scores in enumerate(expected):
        for side in range(2):
            difference = abs(found[number][side] - scores[side])
            failed |= not difference <= 1e-4 + 1e-6 * abs(scores[side])
            worst = max(worst, (difference, number, side))
    gaps = [more - less for more, less in (found[number] for number in range(len(expected)))]
    own = sum(map(abs, gaps)) / len(gaps), sum(gap > 0 for gap in gaps) / len(gaps)
    for name, a, b in zip(["likelihood_diff", "pct_stereotype"], own, metrics):
        print(f"{name}: driftscope {a:.6f}, lm-eval {b:.6f}")
        failed |= not abs(a - b) <= 1e-4 + 1e-6 * abs(b)
    print(f"{len(expected)} pairs, worst difference of a sentence's log p {worst[0]:.1e} (row {worst[1]}, "
          f"{['more', 'less'][worst[2]]})")
    print()
    print("| CrowS-Pairs | driftscope | lm-eval | ratio |")
    print("|---|---|---|---|")
    print(f"| {len(expected)} pairs, {arguments.threads} threads | {seconds:.1f} s | {theirs:.1f} s | "
          f"{theirs / seconds:.1f} |")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
