"""Makes the references that AssociationParityTests reads: `python make_reference.py`, beside this file.

Two tests of association, of words (words.jsonl) and of sentences (sentences.jsonl), of our own in the form of SEAT's files, on
the GPT-2 of ../crows-parity and on a small BERT made here (bert/): the association of every target in the input embeddings, in
the words' vectors inside neutral sentences at every layer, and in sentence vectors, by transformers, a text at a time; effect
sizes; p over all partitions, each visited.
"""

import itertools
import json
import pathlib
import re

import numpy
import torch
import transformers
from transformers import BertConfig, BertModel, BertTokenizer, GPT2Model, GPT2Tokenizer

torch.set_num_threads(1)
here = pathlib.Path(__file__).resolve().parent
source = here.parents[3] / "Sources/Embeddings/Concepts/ContextualVectors.swift"
TEMPLATES = re.findall(r'"([^"]*\{\}[^"]*)"', source.read_text().split('trusted: "plain-1"')[1].split("])")[0])
assert len(TEMPLATES) == 7


def groups(x, y, a, b):
    names = ["targ1", "targ2", "attr1", "attr2"]
    return {n: {"category": c, "examples": e} for n, (c, e) in zip(names, [x, y, a, b])}


WORDS = groups(
    ("Short", ["the", "in", "an", "er", "tea"]), ("Vowels", ["ou", "oun", "Coffee", "a", "n"]),
    ("Begin", ["t", "th", "she"]), ("End", ["s", "c", "The", "nobody"]))
SENTENCES = groups(
    ("Tea", ["This is tea.", "That is tea.", "The tea is here.", "Tea."]),
    ("Coffee", ["This is coffee.", "That is coffee.", "The coffee is here.", "Coffee is a drink."]),
    ("Good", ["This is fine.", "It is good."]), ("Bad", ["This is bad.", "It is not good.", "They were sad."]))
for name, test in [("words", WORDS), ("sentences", SENTENCES)]:
    (here / f"{name}.jsonl").write_text(json.dumps(test, indent=1) + "\n")


def bert():
    """A small BERT with wide random weights, and its folder."""
    folder = here / "bert"
    folder.mkdir(exist_ok=True)
    words = "the in an er tea ou oun coffee a n t th she s c this that is here drink fine it good bad . next word".split()
    pieces = [f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"] + list("bdefghijklmopqruvwxyz")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *pieces]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=64)
    model = transformers.BertForMaskedLM(config).float().eval()
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            gain = "LayerNorm" in name and name.endswith("weight")
            parameter.copy_(1 + 0.3 * noise if gain else (0.2 if name.endswith("bias") else 0.4) * noise)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": true, "tokenizer_class": "BertTokenizer"}\n')
    return BertModel.from_pretrained(folder, add_pooling_layer=False).eval(), BertTokenizer(str(folder / "vocab.txt"))


def states(model, ids):
    with torch.no_grad():
        return [h[0].double().numpy() for h in model(torch.tensor([ids]), output_hidden_states=True).hidden_states]


def spellings(word):
    title = word[:1].upper() + word[1:]
    return list(dict.fromkeys([" " + word, " " + title, word, title, " " + word.upper()]))


class Spaces:
    def __init__(self, model, tokenizer, masked):
        self.model, self.tokenizer, self.masked = model, tokenizer, masked

    def ids(self, text):
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def input(self, text):
        table = self.model.get_input_embeddings().weight.detach().double().numpy()
        if self.masked:  # lower-cased, without spaces: all spellings are the same token
            rows = self.ids(text) if len(self.ids(text)) == 1 else []
            rows = [r for r in rows if r != self.tokenizer.unk_token_id]
        else:
            rows = list(dict.fromkeys(i[0] for i in map(self.ids, spellings(text)) if len(i) == 1))
        return table[rows].mean(0) if rows else None

    def contextual(self, text):
        """The word's vector at every layer: mean over templates of the mean over its tokens."""
        vectors = []
        for template in TEMPLATES:
            start = template.index("{}")
            ids, places, at = [], [], 0
            sentence = template.replace("{}", text)
            if self.masked:
                for piece in re.findall(r"\w+|[^\w\s]", sentence):
                    where = sentence.index(piece, at)
                    at = where + len(piece)
                    for i in self.ids(piece):
                        if start <= where < start + len(text):
                            places.append(len(ids) + 1)
                        ids.append(i)
                ids = [self.tokenizer.cls_token_id, *ids, self.tokenizer.sep_token_id]
                assert ids == self.tokenizer(sentence)["input_ids"]
            else:
                for i in self.ids(sentence):
                    end = at + len(self.tokenizer.decode([i]))
                    if at < start + len(text) and end > start:
                        places.append(len(ids) + 1)
                    ids.append(i)
                    at = end
                ids = [self.tokenizer.bos_token_id, *ids]
            vectors.append([h[places].mean(0) for h in states(self.model, ids)])
        return [numpy.mean(layer, 0) for layer in zip(*vectors)]

    def sentence(self, text):
        return states(self.model, self.tokenizer(text)["input_ids"])[-1].mean(0)


def cosine(a, b):
    return float(a @ b / (numpy.linalg.norm(a) * numpy.linalg.norm(b)))


def association(test, vector):
    """s(w) of every target, then d with both divisors and p over all partitions."""
    x, y, a, b = ([v for v in map(vector, test[k]["examples"]) if v is not None] for k in test)
    s = [[numpy.mean([cosine(w, v) for v in a]) - numpy.mean([cosine(w, v) for v in b]) for w in side] for side in (x, y)]
    if not a or not b or len(x) < 2 or len(y) < 2:
        return None
    values = numpy.array(s[0] + s[1])
    gap = numpy.mean(s[0]) - numpy.mean(s[1])
    observed, total = sum(s[0]) - sum(s[1]), values.sum()
    sums = [2 * values[list(c)].sum() - total for c in itertools.combinations(range(len(values)), len(s[0]))]
    return {
        "first": s[0], "second": s[1], "d": gap / values.std(ddof=1), "population": gap / values.std(ddof=0),
        "p": sum(t >= observed - 1e-12 for t in sums) / len(sums), "partitions": len(sums),
    }


gpt2 = here.parent / "crows-parity/model"
gpt2_tokenizer = GPT2Tokenizer.from_pretrained(gpt2)
models = {
    "gpt2": Spaces(GPT2Model.from_pretrained(gpt2).eval(), gpt2_tokenizer, False), "bert": Spaces(*bert(), True)
}
results = {}
for model, spaces in models.items():
    for name, test in [("words", WORDS), ("sentences", SENTENCES)]:
        found = {"input embeddings": association(test, spaces.input), "sentence vectors": association(test, spaces.sentence)}
        if name == "words":
            vectors = {t: spaces.contextual(t) for k in test for t in test[k]["examples"]}
            for layer in range(3):
                space = f"contextual, layer {layer}" if layer else "contextual, embeddings"
                found[space] = association(test, lambda t: vectors[t][layer])
        results[f"{model}/{name}"] = found
(here / "reference.json").write_text(json.dumps({
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": numpy.__version__},
    "results": results,
}, indent=1) + "\n")
for key, found in results.items():
    for space, r in found.items():
        print(key, space, r and (len(r["first"]), len(r["second"]), round(r["d"], 4), round(r["p"], 4)))
