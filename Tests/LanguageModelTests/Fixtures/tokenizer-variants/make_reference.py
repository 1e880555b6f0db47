"""Tokenizer files as strangers write them, and the ids that transformers gives.

Run with transformers 5.24.0:

    python make_reference.py

Each variant is a tokenizer of ../tokenizer with members of tokenizer.json set, a tokenizer_config.json and a config.json that
names the model's family. variants.json has for each the ids of every text of texts.json without the tokens around it, as
AutoTokenizer gives them, or the refusal; of masked families also the tokens around a text. Ids that differ from call to call are
`random`.
"""

import json
import pathlib
import tempfile

import transformers
from transformers import AutoTokenizer

transformers.logging.set_verbosity_error()
here = pathlib.Path(__file__).parent
bases = here.parent / "tokenizer"

texts = [
    "Hello world", " Hello world", "  two  spaces ", "the baker's bread, isn't it?", "line\nline\n\n line\ttab ", "\n", "", " ",
    "café cafe\u0301 ÀÉÎ", "日本語 and 中文字", "😀 smile 👩‍👩‍👧", "1234567 3.14", "<s>Hello</s> world", "a<s>b <s> c",
    "<|endoftext|>Hello<|endoftext|> world", "x <mask> y<mask>z", "[CLS] Hello [MASK] , world", "<bos>Hi <pad> there<eos>",
    "▁mark ▁▁two", "NAÏVE Façade", "woman man", "one<new>two <new> three", "\u00a0nbsp\u2003em", "<|im_start|>user Hi<|im_end|>",
]

variants = []


def variant(name, base, family, settings=None, **members):
    """`members` of tokenizer.json by their path with __ for a dot."""
    variants.append({
        "name": name, "base": base, "family": family, "settings": settings,
        "members": {key.replace("__", "."): value for key, value in members.items()},
    })


def named(kind, **more):
    return {"tokenizer_class": kind, **more}


own = {
    "small-tokenizer": ("gpt2", "GPT2Tokenizer"), "family-opt": ("opt", "GPT2Tokenizer"), "family-roberta": ("roberta", "RobertaTokenizer"),
    "family-neox": ("gpt_neox", "GPTNeoXTokenizer"), "family-qwen2": ("qwen2", "Qwen2Tokenizer"),
    "family-llama3": ("llama", "PreTrainedTokenizerFast"), "family-llama2": ("llama", "LlamaTokenizer"),
    "family-llama2-old": ("llama", "LlamaTokenizer"), "family-mistral": ("mistral", "LlamaTokenizer"),
    "family-metaspace": ("llama", "LlamaTokenizer"), "family-gemma": ("gemma3_text", "GemmaTokenizer"),
    "family-bert": ("bert", "BertTokenizer"), "family-bert-cased": ("bert", "BertTokenizer"), "family-smollm": ("llama", "GPT2Tokenizer"),
    "family-flags": ("gpt2", "GPT2Tokenizer"),
}
for base, (family, kind) in own.items():
    short = base.removeprefix("family-").removesuffix("-tokenizer")
    variant(f"{short}-bare", base, family)
    variant(f"{short}-empty", base, family, {})
    variant(f"{short}-own", base, family, named(kind))
    variant(f"{short}-fast", base, family, named(kind.removesuffix("Fast") + "Fast"))
    variant(f"{short}-backend", base, family, named("TokenizersBackend"))
    variant(f"{short}-generic", base, family, named("PreTrainedTokenizerFast"))
    variant(f"{short}-prefix", base, family, named(kind, add_prefix_space=True))
    variant(f"{short}-generic-prefix", base, family, named("PreTrainedTokenizerFast", add_prefix_space=True))
    variant(f"{short}-split", base, family, named(kind, split_special_tokens=True))
    variant(f"{short}-new-token", base, family, named(kind, additional_special_tokens=["<new>"]))
    variant(f"{short}-new-pad", base, family, named(kind, pad_token="<new>"))
    variant(f"{short}-llama-class", base, family, named("LlamaTokenizer"))
    variant(f"{short}-unknown-class", base, family, named("FrobnicationTokenizer"))
    variant(f"{short}-ends", base, family, named(kind, add_bos_token=True, add_eos_token=True, clean_up_tokenization_spaces=True))
    variant(f"{short}-truncation", base, family, named(kind), truncation={
        "direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0})
    variant(f"{short}-padding", base, family, named(kind), padding={
        "strategy": {"Fixed": 40}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "x"})
    variant(f"{short}-dropout", base, family, named("TokenizersBackend"), model__dropout=0.5)
    variant(f"{short}-own-dropout", base, family, named(kind), model__dropout=0.5)
    variant(f"{short}-mistral-regex", base, family, named(kind, fix_mistral_regex=True))
    if family != "bert":
        variant(f"{short}-ignore-merges", base, family, named("TokenizersBackend"), model__ignore_merges=True)
        variant(f"{short}-own-ignore-merges", base, family, named(kind), model__ignore_merges=True)
        variant(f"{short}-own-lowercase", base, family, named(kind), normalizer={"type": "Lowercase"})
        variant(f"{short}-lowercase", base, family, named("TokenizersBackend"), normalizer={"type": "Lowercase"})
for base in ("family-llama2", "family-llama2-old", "family-metaspace", "family-mistral"):
    short = base.removeprefix("family-")
    for legacy in (True, False, None):
        for prefix in (True, False, None):
            flags = {"legacy": legacy, "add_prefix_space": prefix}
            variant(f"{short}-legacy-{legacy}-{prefix}".lower(), base, "llama",
                    named("LlamaTokenizer", **{k: v for k, v in flags.items() if v is not None}))
    variant(f"{short}-null-prefix", base, "llama", named("LlamaTokenizer", add_prefix_space=None))
    variant(f"{short}-gemma-class", base, "llama", named("GemmaTokenizer"))
for base in ("family-bert", "family-bert-cased"):
    short = base.removeprefix("family-")
    for key in ("do_lower_case", "strip_accents", "tokenize_chinese_chars"):
        for value in (True, False):
            variant(f"{short}-{key}-{value}".lower(), base, "bert", named("BertTokenizer", **{key: value}))
            variant(f"{short}-generic-{key}-{value}".lower(), base, "bert", named("PreTrainedTokenizerFast", **{key: value}))
    variant(f"{short}-prefix-of-parts", base, "bert", named("BertTokenizer"), model__continuing_subword_prefix="@@")
    variant(f"{short}-long-words", base, "bert", named("BertTokenizer"), model__max_input_chars_per_word=4)
    variant(f"{short}-unknown", base, "bert", named("BertTokenizer", unk_token="[PAD]"))
byte_level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
for base in ("small-tokenizer", "family-opt", "family-roberta"):
    short = base.removeprefix("family-").removesuffix("-tokenizer")
    for kind in (own[base][1], "TokenizersBackend"):
        for prefix in (None, True, False):
            settings = named(kind) if prefix is None else named(kind, add_prefix_space=prefix)
            variant(f"{short}-json-prefix-{kind}-{prefix}".lower(), base, own[base][0], settings, pre_tokenizer=byte_level)
for base, (family, kind) in own.items():
    entries = json.loads((bases / f"{base}.json").read_text())["added_tokens"]
    short = base.removeprefix("family-").removesuffix("-tokenizer")
    if not entries:
        continue
    first = {k: v for k, v in entries[0].items() if k != "id"}
    for flag in ("lstrip", "rstrip", "single_word", "normalized"):
        changed = {str(entries[0]["id"]): first | {flag: not first[flag]}}
        variant(f"{short}-decoder-{flag}", base, family, named(kind, added_tokens_decoder=changed))
        variant(f"{short}-generic-decoder-{flag}", base, family, named("TokenizersBackend", added_tokens_decoder=changed))
    variant(f"{short}-decoder-empty", base, family, named(kind, added_tokens_decoder={}))
    variant(f"{short}-added-lstrip", base, family, named(kind), added_tokens=[entries[0] | {"lstrip": True}] + entries[1:])
    variant(f"{short}-no-added", base, family, named(kind), added_tokens=[])


def run(entry, folder):
    document = json.loads((bases / f"{entry['base']}.json").read_text())
    for path, value in entry["members"].items():
        *parents, last = path.split(".")
        place = document
        for key in parents:
            place = place[key]
        place[last] = value
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps(document))
    (folder / "config.json").write_text(json.dumps({"model_type": entry["family"]}))
    if entry["settings"] is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(entry["settings"]))
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        ids, again = ([tokenizer.encode(t, add_special_tokens=False) for t in texts] for _ in range(2))
        kind = {"class": type(tokenizer).__name__}
        if ids != again:
            return kind | {"random": True}
        around = tokenizer.encode("", add_special_tokens=True) if entry["family"] in ("bert", "roberta") else None
        return kind | {"ids": ids} | ({} if around is None else {"around": around})
    except Exception as error:
        return {"refusal": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".replace(str(folder), "FOLDER")[:160]}


with tempfile.TemporaryDirectory() as scratch:
    assert len({v["name"] for v in variants}) == len(variants)
    for entry in variants:
        entry["expect"] = run(entry, pathlib.Path(scratch) / entry["name"])
known = {}
for entry in variants:
    # Equal lists are written once.
    ids = entry["expect"].pop("ids", None)
    if ids is not None:
        entry["expect"]["ids"] = known.setdefault(json.dumps(ids), len(known))
lines = ",\n".join(json.dumps(v, separators=(",", ":"), ensure_ascii=False) for v in variants)
(here / "variants.json").write_text(f"[\n{lines}\n]\n")
(here / "ids.json").write_text("[\n" + ",\n".join(key.replace(" ", "") for key in known) + "\n]\n")
(here / "texts.json").write_text(json.dumps(texts, ensure_ascii=False, indent=0) + "\n")
print(len(variants), "variants,", len(known), "outcomes,", sum("refusal" in v["expect"] for v in variants), "refused; transformers", transformers.__version__)
