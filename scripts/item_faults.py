"""Writes data/files/item-faults.csv: which items of public benchmarks have a fault that is known of, by id and name alone.

    python3 scripts/item_faults.py DATA BLIMP > data/files/item-faults.csv

DATA has stereoset/dev.json, stereoset/intrasentence_gender_dev_and_test.json (the gender part of StereoSet's full test set) and
crows_pairs/crows_pairs_anonymized.csv; BLIMP is a clone of alexwarstadt/blimp. An item is known by its own id (StereoSet) or by the first
16 hexadecimal digits of the SHA-256 of its sentences with a line feed between them, in the order of the file; `#2` after it is
the second item with these sentences.
"""

import csv
import hashlib
import json
import pathlib
import re
import sys

BLANK = "BLANK"


def digest(*texts):
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def stereoset_faults(context, sentences):
    """What bias-bench #21 tells of, each by a rule of its own."""
    if context.count(BLANK) > 1:
        yield "several-blanks"
    if context.startswith(BLANK):
        yield "blank-first"
    # A letter, a digit or a sign right before it; after it anything but white space and the signs that close a word.
    if re.search(rf"\S{BLANK}|{BLANK}[^\s.,;:!?\"')\]]", context):
        yield "blank-glued"
    parts = context.split(BLANK)
    if len(parts) == 2:
        fits = lambda s, p: s.startswith(p[0]) and s.endswith(p[1]) and len(s) > len(p[0]) + len(p[1])
        others = [s for s in sentences if not fits(s, parts)]
        lower = [p.lower() for p in parts]
        if any(not fits(s.lower(), lower) for s in others):
            yield "other-context"
        elif others:
            yield "case-mismatch"


def stereoset(data):
    source = "McGill-NLP/bias-bench#21"
    seen = set()
    for example in json.load(open(data / "stereoset/dev.json"))["data"]["intrasentence"]:
        seen.add(example["id"])
        for fault in stereoset_faults(example["context"], [s["sentence"] for s in example["sentences"]]):
            yield example["id"], fault, "dev", source
    for example in json.load(open(data / "stereoset/intrasentence_gender_dev_and_test.json")):
        if example["id"] not in seen:
            for fault in stereoset_faults(example["context"], [s["sentence"] for s in example["data"].values()]):
                yield example["id"], fault, "test", source


def crows_pairs(data):
    counts = {}
    with open(data / "crows_pairs/crows_pairs_anonymized.csv", encoding="utf-8", newline="") as file:
        for row, pair in enumerate(csv.DictReader(file)):
            item = digest(pair["sent_more"], pair["sent_less"])
            counts[item] = counts.get(item, 0) + 1
            if counts[item] > 1:
                yield f"{item}#{counts[item]}", "repeated-pair", f"row {row}", "the file itself"
            if row == 709:
                yield item, "doubtful-pair", f"row {row}", "nyu-mll/crows-pairs#13"


def blimp(folder):
    for path in sorted((folder / "data").glob("*.jsonl")):
        for line in open(path, encoding="utf-8"):
            pair = json.loads(line)
            if pair["sentence_good"] == pair["sentence_bad"]:
                item = digest(pair["sentence_good"], pair["sentence_bad"])
                yield item, "identical-sentences", f"{pair['UID']} {pair['pairID']}", "alexwarstadt/blimp#10"


data, clone = map(pathlib.Path, sys.argv[1:3])
out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(["benchmark", "item", "fault", "where", "source"])
for benchmark, rows in [("crows-pairs", crows_pairs(data)), ("stereoset", stereoset(data)), ("blimp", blimp(clone))]:
    for row in rows:
        out.writerow([benchmark, *row])
