"""Makes a forget file of a HateXplain table with rationales: JSON lines of text, label and rationale.

    python3 scripts/hatexplain.py test_with_rationales.csv > hatexplain.jsonl
    driftscope words --forget hatexplain.jsonl --where label=hate --harmful lexicon=built-in --against column=rationale

text: the post's tokens, a space between two. label: hate, normal or offensive where most annotators say so, else
undecided. rationale: spans of the tokens that at least half of the rationales mark.
"""

import ast
import csv
import json
import sys
from collections import Counter

LABELS = ["hate", "normal", "offensive"]

csv.field_size_limit(1 << 24)
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        tokens = ast.literal_eval(row["post_tokens"])
        rationales = ast.literal_eval(row["rationales"])
        votes = Counter(ast.literal_eval(row["annotators"])["label"])
        label, count = votes.most_common(1)[0]
        spans, start = [], 0
        for place, token in enumerate(tokens):
            marks = [rationale[place] for rationale in rationales if place < len(rationale)]
            if marks and 2 * sum(marks) >= len(marks):
                spans.append([start, start + len(token)])
            start += len(token) + 1
        print(json.dumps({
            "id": row["id"], "text": " ".join(tokens), "label": LABELS[label] if count > 1 else "undecided",
            "rationale": spans,
        }, ensure_ascii=False))
