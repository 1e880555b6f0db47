"""Runs every method of unlearning on every benchmark and prints what each moved: a table a domain, methods × benchmarks.

    python3 scripts/matrix.py --data DATA [--model built-in] [--pairs 300] [--out out/matrix] [--set KEY=VALUE …]

DATA is the folder of the public data sets (docs/study-file.md). The study is examples/every-benchmark.yaml; a method is a
few keys beside it. Methods that learn from pairs get every second row of CrowS-Pairs, and all methods are scored on the
rest. What is done already is not done again: a run that ended is only read, one that was interrupted goes on.
"""

import argparse
import csv
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# The names that the literature uses, and the keys of the study that give the method.
METHODS = {
    "token ascent": {"objective.method": "token-ascent", "retain": "none"},
    "token ascent, words replaced": {"objective": {"method": "token-ascent", "context": "replaced"}, "retain": "none"},
    "ascent + KL": {"objective.method": "token-ascent"},
    "gradient difference": {"objective.method": "token-ascent", "retain.loss": "nll"},
    "sentence ascent": {"objective.method": "sentence-ascent"},
    "NPO": {"objective.method": "npo"},
    "SimNPO": {"objective.method": "simnpo"},
    "WGA": {"objective.method": "wga"},
    "SatImp": {"objective.method": "satimp"},
    "RMU": {"objective": {"method": "rmu", "layer": 2}, "retain.weight": 0},
    "DPO": {"objective.method": "dpo", "forget.pairs": "{pairs}"},
    "BiasUnlearn": {"objective.method": "biasunlearn", "forget.pairs": "{pairs}", "retain.weight": 0},
    "PCGU": {"objective.method": "pcgu", "forget.pairs": "{pairs}", "optimizer.name": "sgd"},
    "CDA": {"objective.method": "cda", "forget.swap": {"words": "built-in", "data": "{text}", "lines": "51-2500"}},
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("DRIFTSCOPE_DATA"))
    parser.add_argument("--model", default="built-in")
    parser.add_argument("--pairs", type=int, default=300, help="most items of a benchmark and domain")
    parser.add_argument("--out", default=os.path.join(ROOT, "out", "matrix"))
    parser.add_argument("--driftscope", default=os.path.join(ROOT, ".build", "release", "driftscope"))
    parser.add_argument("--set", action="append", default=[], help="a further key of the study, KEY=VALUE")
    given = parser.parse_args()
    if not given.data:
        parser.error("name the folder of the data sets: --data DATA, or DRIFTSCOPE_DATA")
    return given


def split(source, folder):
    """Writes the two halves of CrowS-Pairs: rows to learn from, of them the short ones, and rows to score."""
    with open(source, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    paths = [os.path.join(folder, name) for name in ("learn-pairs.csv", "crows-pairs.csv")]
    # The built-in model takes 64 tokens, and it is not made for English: a token is little more than a character.
    short = [row for row in rows[0::2] if max(map(len, row[1:3])) < 80]
    for path, half in zip(paths, (short, rows[1::2])):
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header] + half)
    return paths


def reports(given, keys, variants):
    """The report of each method, by its name: points of one sweep, of which those that are there are only read."""
    out = os.path.join(given.out, "sweep")
    command = [given.driftscope, "sweep", os.path.join(ROOT, "examples", "every-benchmark.yaml"), "--out", out]
    if os.path.exists(os.path.join(out, "sweep.yaml")):
        command.append("--resume")
    for key in keys + given.set + ["sweep=" + json.dumps({"variant": variants})]:
        command += ["--set", key]
    environment = {**os.environ, "DRIFTSCOPE_DATA": os.path.abspath(given.data)}
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode != 0:
        sys.exit("the sweep failed; what it said stands above")
    with open(os.path.join(out, "sweep.json"), encoding="utf-8") as file:
        points = json.load(file)["points"]
    found = {}
    for point in points:
        with open(os.path.join(out, point["folder"], "report.json"), encoding="utf-8") as file:
            found[point["settings"][0]["value"]] = json.load(file)
    return found


def change(row):
    """τ with an asterisk where its interval excludes 0."""
    tau = row["tau"]
    if tau["value"] is None:
        return "–"
    certain = tau["lower"] is not None and (tau["lower"] > 0 or tau["upper"] < 0)
    return f"{tau['value']:+.4f}" + ("*" if certain else "")


def tables(reports):
    first = next(iter(reports.values()))
    lead = first["primary_benchmark"]
    names = [lead] + list(first["benchmarks"])
    transfer = {method: {lead: r["transfer"], **{n: b["transfer"] for n, b in r["benchmarks"].items()}}
                for method, r in reports.items()}
    print("| method | model of step | perplexity | KL |\n|---|---|---|---|")
    for method, report in reports.items():
        budgets = report["quality"]["budgets"]
        guard = report["quality"]["guard"]
        kl = budgets.get("kl", {}).get("value")
        ratio = report["quality"]["perplexity"]["after"] / report["quality"]["perplexity"]["before"]
        print(f"| {method} | {guard['kept_step']} | × {ratio:.3f} | {'–' if kl is None else f'{kl:.4f}'} |")
    for domain in first["transfer"]:
        columns = [n for n in names if any(domain in rows[n] for rows in transfer.values())]
        counts = [str(next(rows[n][domain]["count"] for rows in transfer.values() if domain in rows[n])) for n in columns]
        print(f"\n{domain}: τ by method and benchmark\n")
        print("| method | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
        print("| items | " + " | ".join(counts) + " |")
        for method, rows in transfer.items():
            cells = [change(rows[n][domain]) if domain in rows[n] else "–" for n in columns]
            print(f"| {method} | " + " | ".join(cells) + " |")


def main():
    given = arguments()
    os.makedirs(given.out, exist_ok=True)
    learn, scored = split(os.path.join(given.data, "crows_pairs", "crows_pairs_anonymized.csv"), given.out)
    text = os.path.join(os.path.abspath(given.data), "wikitext2", "test.txt")
    shared = [f"model={given.model}", f"evaluate.pairs={given.pairs}", f"evaluate.crows-pairs={scored}"]
    tables(reports(given, shared, json.loads(json.dumps(METHODS).replace("{pairs}", learn).replace("{text}", text))))



if __name__ == "__main__":
    main()
