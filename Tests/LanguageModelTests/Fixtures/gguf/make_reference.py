"""A small GGUF file with a tensor of every element type that is read, and the elements that gguf's own
dequantization gives.

    pip install gguf==0.19.0 numpy
    python make_reference.py        writes types.gguf and types.json beside this script

F16, BF16 and the blocks of 32 are quantized from random numbers by gguf; the blocks of 256, which gguf only reads, are random
bits under small scales.
"""

import json
from pathlib import Path

import gguf
import numpy as np
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
SCALES = {T.Q4_K: (0, 2), T.Q5_K: (0, 2), T.Q6_K: (208,)}
expected = {}
for kind in (T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q4_K, T.Q5_K, T.Q6_K):
    block, size = gguf.GGML_QUANT_SIZES[kind]
    rows, columns = 3, max(block, 8) * (2 if block > 1 else 1)
    if kind in SCALES:
        raw = random.integers(0, 256, (rows, columns // block, size), dtype=np.uint8)
        for offset in SCALES[kind]:
            scale = random.uniform(0.001, 0.1, raw.shape[:2]).astype(np.float16)
            raw[:, :, offset : offset + 2] = scale.view(np.uint8).reshape(*raw.shape[:2], 2)
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
