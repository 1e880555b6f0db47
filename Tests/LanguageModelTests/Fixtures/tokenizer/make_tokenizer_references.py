"""Makes the tokenizer references in this folder with the `tokenizers` package.

    python make_tokenizer_references.py [DATA]

Always: small-vocab.json, small-merges.txt, small-tokenizer.json (a BPE trained on training.txt), references.json
(ids of hard strings, the class of every Unicode scalar as a digest, the merges of a second training).
With DATA, the folder that DRIFTSCOPE_DATA names: public.json (digests of GPT-2's ids on the public texts).
A digest is SHA-256 over, for each text, the number of ids and the ids, all as little-endian int32.
"""

import csv, hashlib, json, os, struct, sys

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
END = "<|endoftext|>"
HARD = [
    "", " ", "  ", "\n", "\t", "\r\n", "a", " a", "a ", "a  b", "   leading and   trailing   ",
    "It's we've they'll I'm you'd don't they're O'Neil 'tis 'S 'LL ''s '",
    "curly \u2019s it\u2019s we\u2019ve \u201cquoted\u201d",
    "tabs\tand\t\tmore\n\nlines\r\nand CR\rends \n x", "x\u00a0y\u2003z\u3000w\u0085v \u2028 u\u200bt",
    "\u00bd \u00b2 \u0663\u0664 \u2167 12345 1,234.5 x2y3", "caf\u00e9 cafe\u0301 \u0065\u0301\u0301\u0301 A\u030a",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f44d\U0001f3fd \U0001f1e9\U0001f1ea \u2764\ufe0f",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e04\u0e23\u0e31\u0e1a", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "\u4f60\u597d\uff0c\u4e16\u754c \u3053\u3093\u306b\u3061\u306f \ud55c\uad6d\uc5b4", "nul\u0000inside \u0001\u0019\u001b\u007f",
    "\ufeffmark first", "!!! ... --- ??? @#$%^&*()_+ {[]}", "snake_case camelCase kebab-case http://a.b/c?d=e&f#g",
    "a<|endoftext|>b", "<|endoftext|>", "<|endoftext|><|endoftext|> x", "<|endoftext", "  <|endoftext|>  ", "<|endoftext |>",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "\u1df9\U00016ea0 \u0c5c\ua7ce",
    "The quick brown fox jumps over the lazy dog; the dog sleeps.", "\n\n\n  \n x", "end space \t", "\ud7ff\ue000\ufffd\U0010ffff",
]


def gpt2(vocab, merges):
    tok = Tokenizer(models.BPE.from_file(vocab, merges))
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    tok.post_processor = processors.ByteLevel(trim_offsets=True)
    tok.add_special_tokens([AddedToken(END, normalized=False, special=True)])
    return tok


def trained(lines, size, special):
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tok.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, special_tokens=special, show_progress=False))
    return tok


def digest(tok, texts):
    hasher, ids = hashlib.sha256(), 0
    for text in texts:
        found = tok.encode(text).ids
        ids += len(found)
        hasher.update(struct.pack(f"<{len(found) + 1}i", len(found), *found))
    return {"texts": len(texts), "ids": ids, "sha256": hasher.hexdigest()}


def classes():
    """One byte a scalar from U+0000: 0 letter, 1 number, 2 space, 3 symbol; read off the pieces of pairs."""
    split = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    out = bytearray()
    for code in range(0x110000):
        if 0xD800 <= code <= 0xDFFF:
            continue
        joins = [kind for kind, first in ((0, "a"), (1, "1"), (3, "!")) if len(split(first + chr(code))) == 1]
        out.append(joins[0] if joins else 2)
    return hashlib.sha256(bytes(out)).hexdigest()


def write(name, value):
    with open(os.path.join(HERE, name), "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def main():
    with open(os.path.join(HERE, "training.txt"), encoding="utf-8", newline="") as file:
        lines = file.read().split("\n")
    small = trained(lines, 500, [END])
    small.model.save(HERE, "small")
    small = gpt2(os.path.join(HERE, "small-vocab.json"), os.path.join(HERE, "small-merges.txt"))
    small.save(os.path.join(HERE, "small-tokenizer.json"), pretty=False)
    version = {"made_by": "make_tokenizer_references.py", "tokenizers": tokenizers.__version__}
    full = json.loads(trained(lines, 100000, []).to_str())["model"]
    write("references.json", version | {
        "scalar_classes_sha256": classes(),
        "trained_merges": [pair if isinstance(pair, str) else " ".join(pair) for pair in full["merges"]],
        "trained_vocabulary_size": len(full["vocab"]),
        "hard": [{"text": text, "ids": small.encode(text).ids} for text in HARD],
    })
    if len(sys.argv) < 2:
        return
    data = sys.argv[1]
    tok = gpt2(f"{data}/tokenizer/gpt2_vocab.json", f"{data}/tokenizer/gpt2_merges.txt")
    groups, wholes = {}, {}

    def table(name, columns):
        with open(f"{data}/{name}", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        groups[name] = digest(tok, [row[column] for row in rows for column in columns])

    table("crows_pairs/crows_pairs_anonymized.csv", ["sent_more", "sent_less"])
    for part in ("dev", "test", "dev_test_women"):
        table(f"dghs/dghs_v0.2.2_{part}.csv", ["text"])
    with open(f"{data}/stereoset/dev.json", encoding="utf-8") as file:
        stereoset = json.load(file)["data"]
    groups["stereoset/dev.json"] = digest(tok, [
        text for part in ("intersentence", "intrasentence") for example in stereoset[part]
        for text in [example["context"]] + [sentence["sentence"] for sentence in example["sentences"]]])
    for name in list(groups) + ["wikitext2/wiki.test.raw", "wikitext2/test.txt"]:
        if os.path.exists(f"{data}/{name}"):
            with open(f"{data}/{name}", encoding="utf-8", newline="") as file:
                wholes[name] = digest(tok, [file.read()])
    write("public.json", version | {
        "columns": groups, "whole_files": wholes, "hard": digest(tok, HARD)})


if __name__ == "__main__":
    main()
