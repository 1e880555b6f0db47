"""Small GGUF files and what gguf's own dequantization gives for them.

    pip install gguf==0.19.0 numpy==2.4.6 safetensors==0.8.0
    python make_reference.py        writes beside this script

types.gguf, types.json: a tensor of every element type that is read. F16, BF16 and the blocks of 32 are quantized from random
numbers by gguf; the others, which gguf only reads, are random bits under small scales.
rows.gguf, rows.safetensors: every row of the tables of IQ1 to IQ3, with random scales and signs under a scale of 1.
split-0000N-of-00003.gguf: three tensors, by gguf's writer, one a file.
llama3.gguf: ../decoder-parity/llama as llama.cpp's converter stores it: rows of queries and keys such that the halves of a head
alternate, and rope_freqs.weight, what rotary positions of type llama3 divide each frequency by.
gpt2.gguf, neox.gguf, bloom.gguf, olmo2.gguf, phi3-tied-longrope.gguf: variants of ../config-variants as it stores them.
"""

import json
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file, save_file
from gguf import GGMLQuantizationType as T

here = Path(__file__).parent
random = np.random.default_rng(2026)
writer = gguf.GGUFWriter(here / "types.gguf", "driftscope-test")
writer.add_string("test.text", "größer")
writer.add_uint8("test.uint8", 200)
writer.add_int8("test.int8", -100)
writer.add_uint16("test.uint16", 60000)
writer.add_int16("test.int16", -30000)
writer.add_uint32("test.uint32", 4_000_000_000)
writer.add_int32("test.int32", -2_000_000_000)
writer.add_uint64("test.uint64", 2**63 + 1)
writer.add_int64("test.int64", -(2**62))
writer.add_float32("test.float32", 0.1)
writer.add_float64("test.float64", 0.1)
writer.add_bool("test.bool", True)
writer.add_array("test.texts", ["a", "bc", ""])
writer.add_array("test.reals", [0.5, -0.25])
writer.add_array("test.integers", [1, -2, 3])

# Where the half-precision scales of a block stand.
SCALES = {
    T.Q4_K: (0, 2), T.Q5_K: (0, 2), T.Q6_K: (208,), T.Q2_K: (80, 82), T.Q3_K: (108,), T.TQ1_0: (52,), T.TQ2_0: (64,),
    T.IQ4_NL: (0,), T.IQ4_XS: (0,), T.IQ2_XXS: (0,), T.IQ2_XS: (0,), T.IQ2_S: (0,), T.IQ3_XXS: (0,), T.IQ3_S: (0,),
    T.IQ1_S: (0,), T.IQ1_M: (), T.MXFP4: (), T.NVFP4: (),
}


def half(raw, kind, values):
    """Writes the scales of each block."""
    for offset in SCALES[kind]:
        raw[..., offset : offset + 2] = values().astype(np.float16).view(np.uint8).reshape(*raw.shape[:-1], 2)
    if kind == T.IQ1_M:
        # The upper four bits of four words, the lowest part first.
        bits, words = values().astype(np.float16).view(np.uint16), raw[..., 48:].copy().view(np.uint16)
        for i in range(4):
            words[..., i] = words[..., i] & 0x0FFF | (bits >> (4 * i) & 15) << 12
        raw[..., 48:] = words.view(np.uint8)


expected = {}
FIRST = (T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q4_K, T.Q5_K, T.Q6_K)
for kind in FIRST + tuple(kind for kind in SCALES if kind not in FIRST):
    block, size = gguf.GGML_QUANT_SIZES[kind]
    rows, columns = 3 if kind in FIRST else 1, max(block, 8) * (2 if block > 1 else 1)
    if kind in SCALES:
        raw = random.integers(0, 256, (rows, columns // block, size), dtype=np.uint8)
        half(raw, kind, lambda: random.uniform(0.001, 0.1, raw.shape[:2]))
        if kind == T.MXFP4:
            # The first block has the smallest exponent, whose power of two is subnormal.
            raw[:, :, 0] = (0, 130)
        if kind == T.NVFP4:
            raw[:, :, 0] = (0x7F, 5)
        raw = raw.reshape(rows, -1)
    else:
        raw = gguf.quants.quantize(random.standard_normal((rows, columns)).astype(np.float32), kind)
    name = kind.name.lower()
    if kind in (T.F32, T.F16):
        writer.add_tensor(name, raw)
    else:
        writer.add_tensor(name, raw, raw_dtype=kind)
    values = gguf.quants.dequantize(raw, kind).astype(np.float32)
    expected[name] = {"shape": [rows, columns], "bits": values.view(np.uint32).reshape(-1).tolist()}

writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
(here / "types.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")

writer = gguf.GGUFWriter(here / "rows.gguf", "driftscope-test")
expected = {}
for kind, count in ((T.IQ1_S, 2048), (T.IQ2_XXS, 256), (T.IQ2_XS, 512), (T.IQ2_S, 1024), (T.IQ3_XXS, 256), (T.IQ3_S, 512)):
    size = gguf.GGML_QUANT_SIZES[kind][1]
    length = 4 if kind in (T.IQ3_XXS, T.IQ3_S) else 8
    numbers = np.arange(count, dtype=np.uint16).reshape(-1, 256 // length)
    raw = random.integers(0, 256, (len(numbers), size), dtype=np.uint8)
    half(raw, kind, lambda: np.ones(len(numbers)))
    low, high = (numbers & 255).astype(np.uint8), numbers >> 8

    def packed(bits, dtype):
        """The upper bits of the numbers, `bits` each, in words."""
        per = 4 if dtype == np.uint16 else 8 // bits
        parts = high.reshape(len(numbers), -1, per).astype(np.uint32) << (bits * np.arange(per, dtype=np.uint32))
        return parts.sum(-1).astype(dtype)

    if kind == T.IQ2_XXS:
        raw[:, 2:].reshape(len(numbers), 8, 8)[:, :, :4] = low.reshape(-1, 8, 4)
    elif kind == T.IQ2_XS:
        words = raw[:, 2:66].copy().view(np.uint16)
        raw[:, 2:66] = (words & 0xFE00 | numbers).view(np.uint8)
    else:
        raw[:, 2 : 2 + low.shape[1]] = low
    if kind == T.IQ2_S:
        raw[:, 66:74] = packed(2, np.uint8)
    elif kind == T.IQ3_S:
        raw[:, 66:74] = packed(1, np.uint8)
    elif kind == T.IQ1_S:
        words = raw[:, 34:].copy().view(np.uint16)
        raw[:, 34:] = (words & 0xF000 | packed(3, np.uint16)).view(np.uint8)
    values = gguf.quants.dequantize(raw, kind)
    assert np.array_equal(values, values.astype(np.float16))
    assert len(np.unique(np.abs(values).round(3).reshape(-1, length), axis=0)) > count / 2
    writer.add_tensor(kind.name.lower(), raw, raw_dtype=kind)
    expected[kind.name.lower()] = values.astype(np.float16)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
save_file(expected, here / "rows.safetensors")

writer = gguf.GGUFWriter(here / "split.gguf", "driftscope-test", split_max_tensors=1)
for i, name in enumerate(("first", "second", "third")):
    writer.add_tensor(name, np.arange(3, dtype=np.float32) + 10 * i)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

folder = here.parent / "decoder-parity" / "llama"
config = json.loads((folder / "config.json").read_text())
names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
writer = gguf.GGUFWriter(here / "llama3.gguf", "llama")
writer.add_context_length(config["max_position_embeddings"])
writer.add_embedding_length(config["hidden_size"])
writer.add_block_count(config["num_hidden_layers"])
writer.add_feed_forward_length(config["intermediate_size"])
writer.add_head_count(config["num_attention_heads"])
writer.add_head_count_kv(config["num_key_value_heads"])
writer.add_key_length(config["head_dim"])
writer.add_value_length(config["head_dim"])
writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
writer.add_rope_dimension_count(config["head_dim"])
rope = config["rope_parameters"]
writer.add_rope_freq_base(rope["rope_theta"])
for name, values in load_file(folder / "model.safetensors").items():
    heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}.get(name.split(".")[-2])
    if heads:
        columns = values.shape[1]
        values = values.reshape(config[heads], 2, -1, columns).swapaxes(1, 2).reshape(-1, columns)
    writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), np.ascontiguousarray(values))
plain = rope["rope_theta"] ** (-np.arange(0, config["head_dim"], 2) / config["head_dim"])
turns = rope["original_max_position_embeddings"] * plain / (2 * np.pi)
low, high = rope["low_freq_factor"], rope["high_freq_factor"]
kept = np.clip((turns - low) / (high - low), 0, 1)
writer.add_tensor("rope_freqs.weight", (1 / ((1 - kept) / rope["factor"] + kept)).astype(np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

# Variants of config-variants, written as llama.cpp's converter writes their architectures: what is stored under which name
# gguf knows, what is turned and put in order its `convert_hf_to_gguf.py` does.
variants = {v["name"]: v for v in json.loads((here.parent / "config-variants" / "variants.json").read_text())}


def by_kind(values, heads):
    """Query, key and value of one head after the other, as queries of all heads, then keys, then values."""
    return values.reshape(heads, 3, -1, *values.shape[1:]).swapaxes(0, 1).reshape(values.shape)


for variant, kind in (
    ("gpt2", gguf.MODEL_ARCH.GPT2),
    ("neox", gguf.MODEL_ARCH.GPTNEOX),
    ("bloom", gguf.MODEL_ARCH.BLOOM),
    ("olmo2", gguf.MODEL_ARCH.OLMO2),
    ("phi3-tied-longrope", gguf.MODEL_ARCH.PHI3),
):
    config = variants[variant]["config"]

    def key(*names, usual=None):
        return next((config[name] for name in names if config.get(name) is not None), usual)

    width, heads = key("n_embed", "hidden_size", "n_embd"), key("num_attention_heads", "n_head")
    layers, context = key("num_hidden_layers", "n_layer"), key("max_position_embeddings", "n_positions", usual=2048)
    writer = gguf.GGUFWriter(here / f"{variant}.gguf", gguf.MODEL_ARCH_NAMES[kind])
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(key("intermediate_size", "n_inner", usual=4 * width))
    writer.add_head_count(heads)
    if "rms_norm_eps" in config:
        writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
        writer.add_head_count_kv(config["num_key_value_heads"])
        writer.add_rope_freq_base(config["rope_theta"])
    else:
        writer.add_layer_norm_eps(key("layer_norm_epsilon", "layer_norm_eps"))
    if kind == gguf.MODEL_ARCH.GPTNEOX:
        writer.add_rope_dimension_count(int(config["rotary_pct"] * (width // heads)))
        writer.add_rope_freq_base(config["rotary_emb_base"])
        writer.add_parallel_residual(config["use_parallel_residual"])
    if kind == gguf.MODEL_ARCH.PHI3:
        original, turning = config["original_max_position_embeddings"], int(config["partial_rotary_factor"] * width) // heads
        writer.add_rope_dimension_count(turning)
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_sliding_window(config["sliding_window"] or 0)
        writer.add_rope_scaling_attn_factors(float(np.sqrt(1 + np.log(context / original) / np.log(original))))
        for name in ("long", "short"):
            factors = np.array(config["rope_scaling"][f"{name}_factor"], np.float32)
            writer.add_tensor(f"rope_factors_{name}.weight", factors)
    names = gguf.get_tensor_name_map(kind, layers)
    for name, values in load_file(here.parent / "config-variants" / variants[variant]["weights"]).items():
        if name.endswith((".attn.bias", ".attn.masked_bias", ".attention.bias", ".rotary_emb.inv_freq")):
            continue
        if name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")):
            values = values.T
        if ".query_key_value." in name:
            values = by_kind(values, heads)
        stored = names.get_name(name, try_suffixes=(".weight", ".bias"))
        writer.add_tensor(stored, np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
