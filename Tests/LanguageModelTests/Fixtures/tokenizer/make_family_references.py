"""Makes small tokenizers of today's families and their ids, with the `tokenizers` package, the `gguf` package and transformers.

    python make_family_references.py                    family-*.json, family-*.gguf, families.json
    python make_family_references.py --data DATA        families-public.json: digests on the public texts in DATA
    python make_family_references.py --gemma FILE.gguf  families-gemma.json: digests of Gemma 3's own tokenizer
    python make_family_references.py --check FOLDER     loads each FOLDER/NAME/tokenizer.json that the Swift tests saved, and
                                                        compares its ids and its template with families.json

Every tokenizer is made from training.txt with the components that its family's own file names. A digest is SHA-256 over, for
each text, the number of ids and the ids, all as little-endian int32; it says nothing of the texts. `scalars` digests are taken on
one text for each Unicode scalar, see `around`.
"""

import argparse, collections, json, os
from importlib.metadata import version

import gguf
import tokenizers
from tokenizers import (
    AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers)

from make_tokenizer_references import HARD, digest

HERE = os.path.dirname(os.path.abspath(__file__))
CONTRACTION, REST = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|", (
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3 = CONTRACTION + r"\p{N}{1,3}" + REST
QWEN2 = CONTRACTION + r"\p{N}" + REST
TEXTS = HARD + [
    "IT'S WE'VE They'LL i'M you'D DON'T 'Re 'vE '\u017fx '\u017f 'sT", "x\n\n\n  y\r\n\r\n z \n\t\n w", "tab\tletter \t letter\u00a0nbsp",
    "1 12 123 1234 12345 1,234,567 \u0661\u0662\u0663\u0664 \u00b2\u00b3\u00b9\u2074 a1b22c333d4444", "!\n?\r\n...\n\n -\n--\r\r x",
    " \u4f60\u597d \u4e16\u754c\u3002 \u3042\u3044\u3046 \u30c6\u30b9\u30c8 \ud55c\uad6d \u1112\u1161\u11ab",
    "n\u0303 e\u0301\u0323 e\u0323\u0301 \u1e69 s\u0323\u0307 s\u0307\u0323 \u212b \u2126 \u00c5 A\u030a \u0958 \u0915\u093c \uac00\u11a8 \u0344",
    "na\u00efve CAF\u00c9 Stra\u00dfe \u0130stanbul \u01c5 \ufb01n \u03a3\u03b1\u03c2 \u0401\u043b\u043a\u0430 \u0419\u043e\u0433\u0443\u0440\u0442",
    "x        y                          z                                    w", "   ", "\u2581 \u2581a a\u2581b \u2581\u2581",
    "<s> </s> <unk> <pad> <mask> <bos> <eos>", "a<s>b</s>c<mask>d <mask> e", "  <s>  x  </s>  ", "[CLS] [SEP] [MASK] [UNK] [PAD]",
    "x[MASK]y [mask] [MASK", "<|begin_of_text|>The baker<|eot_id|> opens", "<|im_start|>user\nHi<|im_end|>", "<tool_call>x</tool_call>",
    "<0x0A> <0xFF> <0x0", "the <l> wheel<l>  x <r>  y<r>z wheels a wheel, wheel_ wheel\u0301 flywheel wheel <l><r> <l>",
    "\u00c4pfel A\u0308pfel A\u0308PFEL xA\u0308pfely", "\u0001\u0002 \u200b\u200d\ufeff \u00ad\u2060 \ue000 \U000f0000 \u0085 \u2028",
    "supercalifragilistic" * 6, "\u6f22" * 101, "(a) \u00abb\u00bb \u201cc\u201d \u2014 \u2026 \u00bfd? $5 +6 <7> ^8 `9` |x| ~y~ \u20ac \u00a7 \u00b6",
    "The baker's bread, the SAILOR'S rope; bread and water.", "\U0001f1e9\U0001f1ea\U0001f468\u200d\U0001f33e \u2764\ufe0f\U0001f9d1\U0001f3fe\u200d\U0001f9bd",
]
# Where scalars are assigned, but for the planes of private use; of ideographs and syllables every sixteenth.
MANY = [range(0x3400, 0xA000), range(0xAC00, 0xF900), range(0x17000, 0x18D00), range(0x20000, 0x33480)]
SCALARS = [c for c in [*range(0x33480), *range(0xE0000, 0xE0200)]
           if not 0xD800 <= c <= 0xDFFF and (c % 16 == 0 or not any(c in many for many in MANY))]


def around(code):
    c = chr(code)
    return f"a{c}b e\u0323{c}\u0301 '{c}E 1{c}2{c}{c}\n{c} {c}x{c} <l>{c} wheel{c}"


def lines():
    with open(os.path.join(HERE, "training.txt"), encoding="utf-8", newline="") as file:
        return file.read().split("\n")


def special(text, **flags):
    return AddedToken(text, **({"normalized": False, "special": True} | flags))


def bytelevel_splits(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def template(begin=None, end=None, tok=None):
    single = " ".join(([begin] if begin else []) + ["$A"] + ([end] if end else []))
    names = [name for name in (begin, end) if name]
    return processors.TemplateProcessing(single=single, special_tokens=[(name, tok.token_to_id(name)) for name in names])


def rebuilt(tok, edit):
    value = json.loads(tok.to_str())
    edit(value)
    return Tokenizer.from_str(json.dumps(value))


def bytelevel(pre, size=380, normalizer=None, first=(), **model):
    tok = Tokenizer(models.BPE(**model))
    tok.pre_tokenizer = pre
    if normalizer:
        tok.normalizer = normalizer
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(lines(), trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=list(first), show_progress=False))
    return tok


def llama3():
    tok = bytelevel(bytelevel_splits(LLAMA3))

    def edit(value):
        # Words that no merges lead to: only a look at the whole piece finds them.
        value["model"]["ignore_merges"] = True
        for word in ("\u0120baker", "\u0120harbour", "\u0120IT", "123", "\u00c3\u00a9"):
            value["model"]["vocab"].setdefault(word, len(value["model"]["vocab"]))
    tok = rebuilt(tok, edit)
    tok.add_special_tokens([special(f"<|{name}|>") for name in ("begin_of_text", "end_of_text", "eot_id")])
    tok.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True), template("<|begin_of_text|>", tok=tok)])
    return tok


def qwen2():
    tok = bytelevel(bytelevel_splits(QWEN2), normalizer=normalizers.NFC())
    tok.add_special_tokens([special("<|endoftext|>"), special("<|im_start|>"), special("<|im_end|>")])
    tok.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("</tool_call>", normalized=False)])
    tok.post_processor = processors.ByteLevel(trim_offsets=False)
    return tok


def neox():
    tok = bytelevel(pre_tokenizers.ByteLevel(add_prefix_space=False), normalizer=normalizers.NFC(), first=["<|endoftext|>", "<|padding|>"])
    tok.add_tokens([AddedToken(" " * count, normalized=True) for count in range(24, 1, -1)])
    tok.post_processor = template(tok=tok)
    return tok


def opt():
    first = ["<s>", "<pad>", "</s>", "<unk>"]
    tok = bytelevel(pre_tokenizers.ByteLevel(add_prefix_space=False), first=[special(text, normalized=True) for text in first])
    tok.post_processor = template("</s>", tok=tok)
    return tok


def roberta():
    tok = bytelevel(pre_tokenizers.ByteLevel(add_prefix_space=False), first=["<s>", "<pad>", "</s>", "<unk>"])
    tok.add_special_tokens([special("<mask>", lstrip=True)])
    tok.post_processor = processors.RobertaProcessing(
        ("</s>", tok.token_to_id("</s>")), ("<s>", tok.token_to_id("<s>")), add_prefix_space=False)
    return tok


def smollm():
    return bytelevel(
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]),
        first=["<|endoftext|>"])


def flags():
    tok = bytelevel(bytelevel_splits(LLAMA3), normalizer=normalizers.NFC(), first=["<|endoftext|>"])
    tok.add_tokens([
        AddedToken("<l>", lstrip=True, normalized=False), AddedToken("<r>", rstrip=True, normalized=False),
        AddedToken("wheel", single_word=True, normalized=False), AddedToken("A\u0308pfel", normalized=True),
        AddedToken("bread and", single_word=True, normalized=True), AddedToken("bread", normalized=True)])
    return tok


def pieces(size=640):
    """Vocabulary and merges over characters, rare ones and all others in bytes."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    first = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    # The trainer's own limit takes any of equally frequent characters.
    counts = collections.Counter("".join(lines()))
    known = set(sorted(counts, key=lambda c: (-counts[c], c))[:70])
    tok.train_from_iterator(["".join(c for c in line if c in known) for line in lines()], trainers.BpeTrainer(
        vocab_size=size, special_tokens=first, show_progress=False))
    return json.loads(tok.to_str())["model"]


def sentencepiece(normalizer, pre, model=None, old=False):
    model = model or pieces()
    tok = Tokenizer(models.BPE(
        vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if normalizer:
        tok.normalizer = normalizer
    if pre:
        tok.pre_tokenizer = pre
    tok.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tok.add_special_tokens([special(text, normalized=old) for text in ("<unk>", "<s>", "</s>")])
    tok.post_processor = template("<s>", tok=tok)
    return tok


def prepending():
    return normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])


def gemma():
    """Tokens in the order of their merges, which that order implies; runs of spaces before the words."""
    model = pieces(600)
    names = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "[multimodal]", "<unused0>", "<start_of_turn>"]
    runs = ["\u2581" * count for count in range(2, 9)]
    old = [token for token in model["vocab"] if token not in ("<unk>", "<s>", "</s>")]
    made = ["".join(pair) for pair in model["merges"]]
    letters = [token for token in old if token not in made]
    tokens = list(dict.fromkeys(names + ["\n\n", "\n"] + letters + runs + made))
    vocab = {token: index for index, token in enumerate(tokens)}
    from transformers.tokenization_utils_base import generate_merges
    merges = generate_merges(vocab, {token: -index for token, index in vocab.items()})
    tok = sentencepiece_gemma(vocab, merges)
    tok.post_processor = template("<bos>", tok=tok)
    return tok


def sentencepiece_gemma(vocab, merges):
    tok = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tok.normalizer = normalizers.Replace(" ", "\u2581")
    tok.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tok.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    tok.add_special_tokens([special(text) for text in ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>")])
    tok.add_tokens([AddedToken(text, normalized=False) for text in ("[multimodal]", "<unused0>", "\n\n", "\u2581\u2581")])
    return tok


def bert(lowercase):
    normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    pre = pre_tokenizers.BertPreTokenizer()
    # The package's trainer numbers pieces differently at every run; frequent words, beginnings and ends do as well.
    words = collections.Counter(word for line in lines() for word, _ in pre.pre_tokenize_str(normalizer.normalize_str(line)))
    parts = collections.Counter()
    for word, count in words.items():
        for length in range(2, min(6, len(word))):
            parts[word[:length]] += count
            parts["##" + word[-length:]] += count
    letters = sorted({c for word in words for c in word})
    inner = sorted({"##" + c for word in words for c in word[1:]})

    def frequent(counts, size):
        return sorted(counts, key=lambda text: (-counts[text], text))[:size]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *inner, *frequent(words, 120), *frequent(parts, 160)]
    vocab = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    tok = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tok.normalizer, tok.pre_tokenizer, tok.decoder = normalizer, pre, decoders.WordPiece()
    tok.add_special_tokens([special(text) for text in tokens[:5]])
    tok.post_processor = template("[CLS]", "[SEP]", tok=tok)
    return tok


FAMILIES = {
    "llama3": llama3, "qwen2": qwen2, "neox": neox, "opt": opt, "roberta": roberta, "smollm": smollm, "flags": flags,
    "llama2": lambda: sentencepiece(prepending(), None),
    "llama2-old": lambda: sentencepiece(prepending(), None, old=True),
    "mistral": lambda: sentencepiece(None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False)),
    "metaspace": lambda: sentencepiece(None, pre_tokenizers.Metaspace(prepend_scheme="always", split=True)),
    "gemma": gemma, "bert": lambda: bert(True), "bert-cased": lambda: bert(False),
}
# One of each way to look at a scalar.
BY_SCALAR = ["llama3", "qwen2", "smollm", "flags", "mistral", "bert", "bert-cased"]


def write(name, value):
    with open(os.path.join(HERE, name), "w") as file:
        json.dump(value | {
            "made_by": "make_family_references.py", "tokenizers": tokenizers.__version__, "gguf": version("gguf")}, file, separators=(",", ":"))
        file.write("\n")


def path(name):
    return os.path.join(HERE, name)


# GGUF

def gguf_file(name, architecture, kind, tokens, types, scores=None, merges=None, pre=None, begin=None):
    writer = gguf.GGUFWriter(path(f"family-{name}.gguf"), architecture)
    writer.add_tokenizer_model(kind)
    if pre:
        writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if scores:
        writer.add_token_scores(scores)
    if merges:
        writer.add_token_merges(merges)
    if begin is not None:
        writer.add_bos_token_id(begin)
        writer.add_add_bos_token(True)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def gguf_files(made):
    """Byte-level ones hold what their tokenizer.json holds; the others are read back by transformers."""
    from transformers.integrations.gguf.gguf_tokenizer_mapping import convert_gguf_tokenizer, get_gguf_tokenizer

    def parts(tok):
        value = json.loads(tok.to_str())
        added = {token["id"]: token["special"] for token in value["added_tokens"]}
        count = tok.get_vocab_size()
        tokens = [tok.id_to_token(index) for index in range(count)]
        types = [(3 if added[index] else 4) if index in added else 1 for index in range(count)]
        return value["model"], tokens, types

    for name, pre, begin in (("llama3", "llama-bpe", "<|begin_of_text|>"), ("qwen2", "qwen2", None), ("opt", "default", "</s>")):
        model, tokens, types = parts(made[name])
        gguf_file(name, "llama", "gpt2", tokens, types, merges=[" ".join(pair) for pair in model["merges"]], pre=pre,
                  begin=begin and made[name].token_to_id(begin))
    found = {}
    model, tokens, _ = parts(made["mistral"])
    ranks = {}
    for rank, pair in enumerate(model["merges"]):
        ranks.setdefault("".join(pair), rank)
    types = [2 if token == "<unk>" else 3 if token in ("<s>", "</s>") else 6 if token.startswith("<0x") else 1 for token in tokens]
    # Scores fall by twos, so that some are equal.
    gguf_file("sentencepiece", "llama", "llama", tokens, types, scores=[float(-(ranks.get(token, -2) // 2)) for token in tokens], begin=1)
    model, tokens, types = parts(made["gemma"])
    stored = [" " * len(token) if set(token) == {"\u2581"} and len(token) > 1 else token for token in tokens]
    types = [6 if token.startswith("<0x") else kind for token, kind in zip(tokens, types)]
    gguf_file("gemma", "gemma3", "llama", stored, types, scores=[0.0] * len(tokens), begin=tokens.index("<bos>"))
    for name in ("sentencepiece", "gemma"):
        architecture, value, _ = get_gguf_tokenizer(path(f"family-{name}.gguf"))
        tok, _ = convert_gguf_tokenizer(architecture, value)
        begin = value["bos_token_id"]
        found[name] = {"frame": [begin], "ids": [tok.encode(text, add_special_tokens=False).ids for text in TEXTS]}
    return found


# Public texts

def public_files(data):
    for folder, _, names in sorted(os.walk(data)):
        for name in sorted(names):
            file = os.path.relpath(os.path.join(folder, name), data)
            if file.startswith("tokenizer/") or "golden" in name or "predictions" in name or name == "README.md":
                continue
            yield file


def public_digests(data, toks):
    out = {}
    for file in public_files(data):
        with open(os.path.join(data, file), encoding="utf-8", newline="") as handle:
            texts = handle.read().split("\n")
        out[file] = {name: digest_plain(tok, texts) for name, tok in toks.items()}
    return out


class Plain:
    """A tokenizer without its template."""

    def __init__(self, tok):
        self.tok = tok

    def encode(self, text):
        return self.tok.encode(text, add_special_tokens=False)


def digest_plain(tok, texts):
    return digest(Plain(tok), texts)


def bert_base(data):
    with open(f"{data}/tokenizer/bert_base_uncased_vocab.txt", encoding="utf-8", newline="") as file:
        vocab = {line: index for index, line in enumerate(file.read().rstrip("\n").split("\n"))}
    tok = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tok.normalizer = normalizers.BertNormalizer()
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tok.add_special_tokens([special(text) for text in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")])
    return tok


def main():
    parser = argparse.ArgumentParser()
    for name in ("--data", "--gemma", "--check"):
        parser.add_argument(name)
    asked = parser.parse_args()
    if asked.check:
        with open(path("families.json")) as file:
            families = json.load(file)["families"]
        for name in sorted(os.listdir(asked.check)):
            tok = Tokenizer.from_file(f"{asked.check}/{name}/tokenizer.json")
            family = families.get(name) or families[name.split("-", 1)[1]]
            same = [tok.encode(text, add_special_tokens=False).ids for text in TEXTS] == family["ids"]
            framed = tok.encode("").ids == family["frame"]
            print(f"{name}: {'same' if same and framed else 'DIFFERENT'}")
        return
    if asked.gemma:
        from transformers import AutoTokenizer
        folder, file = os.path.split(asked.gemma)
        tok = AutoTokenizer.from_pretrained(folder, gguf_file=file).backend_tokenizer
        import transformers
        value = {"transformers": transformers.__version__, "hard": digest_plain(tok, TEXTS),
                 "scalars": digest_plain(tok, [around(code) for code in SCALARS])}
        if asked.data:
            value["public"] = {name: found["gemma"] for name, found in public_digests(asked.data, {"gemma": tok}).items()}
        return write("families-gemma.json", value)
    if asked.data:
        toks = {name: Tokenizer.from_file(path(f"family-{name}.json")) for name in FAMILIES if name != "llama2-old"}
        return write("families-public.json", {"public": public_digests(asked.data, toks | {"bert-base": bert_base(asked.data)})})
    made, found = {}, {}
    for name, make in FAMILIES.items():
        make().save(path(f"family-{name}.json"), pretty=False)
        made[name] = tok = Tokenizer.from_file(path(f"family-{name}.json"))
        found[name] = {"frame": tok.encode("").ids, "ids": [tok.encode(text, add_special_tokens=False).ids for text in TEXTS]}
        if name in BY_SCALAR:
            found[name]["scalars"] = digest_plain(tok, [around(code) for code in SCALARS])
    for name, value in gguf_files(made).items():
        found["gguf-" + name] = value
    write("families.json", {"texts": TEXTS, "families": found})


if __name__ == "__main__":
    main()
