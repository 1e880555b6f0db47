"""Checks the log-probability of every token of CrowS-Pairs against transformers.

    driftscope evaluate --model FOLDER --crows-pairs crows.csv --profile driftscope --per-token tokens.jsonl
    python check_crows_tokens.py --model FOLDER --crows-pairs crows.csv --profile driftscope --tokens tokens.jsonl

Profile `driftscope`: <|endoftext|> stands before the sentence and every token is given all that is before it. Profile
`bias-bench`: the first token is given <|endoftext|> alone, later tokens are given the sentence without it.

Prints the worst absolute difference and where it is. Then scores some rows by rules with one mistake each, which must
NOT agree: otherwise the comparison would not notice the mistake. Exit code 1 when ids differ, when a difference is over
1e-3, or when a mistake goes unnoticed. Made with torch 2.15.0 and transformers 5.24.0.
"""

import argparse
import collections
import csv
import json
import sys

import torch
import transformers

TOLERANCE = 1e-3
MISTAKES = {
    "begin token dropped": {"begins": False},
    "begin token where it does not belong": {"flips": True},
    "positions begin at 1": {"position": 1},
    "row read one too late": {"row": 1},
    "mask lets one later token in": {"mask": 1},
    "mask hides the token itself": {"mask": -1},
}


class Scorer:
    """Token log-probabilities under one profile, right or with one mistake."""

    def __init__(self, model, begin, profile, begins=True, flips=False, position=0, row=0, mask=0):
        self.model, self.begin = model, begin
        self.in_context = (profile == "driftscope") != flips
        self.begins, self.position, self.row, self.mask = begins, position, row, mask

    def logits(self, rows):
        """Logits of sequences of one length, so that nothing is padded."""
        ids = torch.tensor(rows)
        length = ids.shape[1]
        steps = torch.arange(length)
        # The mask goes in explicitly, right or wrong: every score here takes the same way through transformers.
        allowed = steps[None, :] <= steps[:, None] + self.mask
        allowed[0, 0] = True
        bias = torch.zeros(length, length).masked_fill(~allowed, torch.finfo(torch.float32).min)
        with torch.inference_mode():
            return self.model(
                input_ids=ids, position_ids=(steps + self.position)[None].expand_as(ids),
                attention_mask=bias[None, None].expand(len(rows), 1, length, length), use_cache=False,
            ).logits

    def chosen(self, logits, targets, first):
        """log p of `targets[i]` at row `first + i` of each sequence."""
        wanted = torch.tensor(targets)
        rows = (torch.arange(wanted.shape[1]) + first + self.row).clamp(max=logits.shape[1] - 1)
        return torch.log_softmax(logits[:, rows].double(), -1).gather(2, wanted[:, :, None])[:, :, 0]

    def score(self, sentences):
        """log p of every token; of all but the first when no begin token is there to predict it."""
        by_length = collections.defaultdict(list)
        for number, ids in enumerate(sentences):
            by_length[len(ids)].append(number)
        out = [None] * len(sentences)
        for length, numbers in by_length.items():
            size = max(1, 256 // length)
            for start in range(0, len(numbers), size):
                part = numbers[start : start + size]
                ids = [sentences[n] for n in part]
                if self.in_context and self.begins:
                    logs = self.chosen(self.logits([[self.begin] + i for i in ids]), ids, 0)
                else:
                    logs = self.chosen(self.logits(ids), [i[1:] for i in ids], 0)
                    if self.begins:
                        first = self.chosen(self.logits([[self.begin]] * len(ids)), [i[:1] for i in ids], 0)
                        logs = torch.cat([first, logs], 1)
                for number, row in zip(part, logs.tolist()):
                    out[number] = row
        return out


def worst(expected, actual):
    """The largest difference of a token and where it is; of the last tokens when one side has fewer."""
    found = (0.0, None, None)
    for number, (a, b) in enumerate(zip(expected, actual)):
        common = min(len(a), len(b))
        for place, (x, y) in enumerate(zip(a[len(a) - common :], b[len(b) - common :])):
            difference = abs(x - y)
            if not difference <= found[0]:
                found = (difference, number, place)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--crows-pairs", required=True)
    parser.add_argument("--profile", choices=["driftscope", "bias-bench"], required=True)
    parser.add_argument("--tokens", required=True, help="what driftscope evaluate --per-token wrote")
    parser.add_argument("--rows", type=int, help="only the first N rows")
    parser.add_argument("--mistake-rows", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    transformers.logging.set_verbosity_error()
    model = transformers.AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.model)
    begin = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    texts = list(csv.DictReader(open(arguments.crows_pairs, encoding="utf-8", newline="")))
    lines = [json.loads(line) for line in open(arguments.tokens, encoding="utf-8")]
    if arguments.rows is None and len(lines) != len(texts):
        print(f"{len(texts)} pairs in the file, {len(lines)} scored")
        return 1
    lines = lines[: arguments.rows]
    sentences, ours, names = [], [], []
    for line in lines:
        for side, column in [("more", "sent_more"), ("less", "sent_less")]:
            ids = tokenizer(texts[line["row"]][column], add_special_tokens=False)["input_ids"]
            if ids != line[side + "Tokens"]:
                print(f"row {line['row']}, {side}: ids differ")
                return 1
            sentences.append(ids)
            ours.append(line[side])
            names.append(f"row {line['row']}, {side}")

    expected = Scorer(model, begin, arguments.profile).score(sentences)
    difference, number, place = worst(expected, ours)
    print(f"{arguments.profile}: {len(lines)} pairs, {sum(map(len, ours))} tokens, "
          f"largest difference {difference:.2e} ({names[number or 0]}, token {place})")
    failed = not difference <= TOLERANCE or any(len(a) != len(b) for a, b in zip(expected, ours))
    few = 2 * arguments.mistake_rows
    for name, mistake in MISTAKES.items():
        wrong = Scorer(model, begin, arguments.profile, **mistake).score(sentences[:few])
        difference, number, place = worst(wrong, ours[:few])
        missing = sum(len(b) - len(a) for a, b in zip(wrong, ours))
        noticed = missing != 0 or not difference <= TOLERANCE
        said = f"largest difference {difference:.2e}" + (f", {missing} scores missing" if missing else "")
        print(f"  {name}: {said}, {'noticed' if noticed else 'NOT NOTICED'}", flush=True)
        failed |= not noticed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
