"""Opens a run.h5 and its exports with other people's readers and compares every number.

    python check_exports.py EXPORTS RUN.h5

EXPORTS holds the snapshot `after` as word2vec, glove, npy (with npy.tokens.json) and tensorboard (a folder).
Written against gensim 4.4, h5py 3.16, anndata 0.12, numpy 2.4.
"""
import json
import sys
from pathlib import Path

import anndata.io
import h5py
import numpy as np
from gensim.models import KeyedVectors

exports, run = Path(sys.argv[1]), sys.argv[2]

with h5py.File(run, "r", locking=False) as file:
    assert file.attrs["schema"] == "driftscope", file.attrs["schema"]
    group = next(g for g in file["snapshots"].values() if g.attrs["label"] == "after")
    matrix = group["input_embedding"][:]
    if group.attrs["tied"]:
        assert group["input_embedding"] == group["output_embedding"], "a tied matrix is one dataset with two names"
    keep = ~file["tokens/is_pad_row"][:]
    keys = file["tokens/key"].asstr()[:][keep]
    expected = matrix[keep]
    raw, offsets = file["tokens/raw/bytes"][:], file["tokens/raw/offsets"][:]
    assert offsets[-1] == len(raw) and len(offsets) == len(matrix) + 1
    # Every part loads as an AnnData element.
    tokens = anndata.io.read_elem(file["tokens"])
    assert list(tokens.index[keep]) == list(keys) and tokens["is_pad_row"].dtype == bool
    assert np.array_equal(anndata.io.read_elem(file["snapshots"])[group.name.split("/")[-1]]["input_embedding"], matrix)
assert expected.dtype == np.float32 and np.isfinite(expected).all()


def same(vectors: KeyedVectors, name: str) -> None:
    assert len(vectors) == len(keys), f"{name}: {len(vectors)} rows for {len(keys)}"
    for key, row in zip(keys, expected):
        assert np.array_equal(vectors[key], row), f"{name}: {key}"


same(KeyedVectors.load_word2vec_format(exports / "word2vec", binary=False), "word2vec")
same(KeyedVectors.load_word2vec_format(exports / "glove", binary=False, no_header=True), "glove")

with open(exports / "npy", "rb") as stream:
    array = np.load(stream, allow_pickle=False)
assert array.dtype == np.float32 and np.array_equal(array, expected)
assert np.array_equal(np.load(exports / "npy", mmap_mode="r", allow_pickle=False), expected)
assert json.loads((exports / "npy.tokens.json").read_text("utf-8"))["keys"] == list(keys)

tsv = np.loadtxt(exports / "tensorboard" / "vectors.tsv", delimiter="\t", dtype=np.float32, ndmin=2)
assert np.array_equal(tsv, expected)
lines = (exports / "tensorboard" / "metadata.tsv").read_text("utf-8").split("\n")
assert lines.pop() == "" and len(lines) == len(keys) + 1


def cell(key):
    """A key that a spreadsheet would take for a formula has an apostrophe before it."""
    try:
        float(key)
    except ValueError:
        return "'" + key if key[0] in "=+-@" else key
    return key


assert [line.split("\t")[0] for line in lines[1:]] == [cell(key) for key in keys]
print(f"{len(keys)} rows agree in every format")
