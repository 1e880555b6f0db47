"""The ten nearest rows (cosine) of every row of two matrices with faiss and scikit-learn, on what driftscope-bench wrote.

    python neighbours.py --folder out/bench --rows 50257 --columns 768 --threads 2

faiss-cpu's IndexFlatIP over unit rows and scikit-learn's NearestNeighbors(algorithm="brute", metric="cosine"), both
exact. Prints one JSON line.
"""

import argparse
import json
import os
import resource
import time

parser = argparse.ArgumentParser()
parser.add_argument("--folder", required=True)
parser.add_argument("--rows", type=int, default=50257)
parser.add_argument("--columns", type=int, default=768)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--only", default="faiss,sklearn")
arguments = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(arguments.threads)

import numpy

shape = (arguments.rows, arguments.columns)
before, after = (
    numpy.fromfile(os.path.join(arguments.folder, name + ".f32"), dtype=numpy.float32).reshape(shape)
    for name in ("before", "after"))
k = 10


def overlap(a, b):
    total = 0.0
    for x, y in zip(a, b):
        shared = len(numpy.intersect1d(x, y))
        total += shared / (2 * k - shared)
    return total / len(a)


def without_self(found):
    rows = numpy.arange(len(found))[:, None]
    keep = found != rows
    # A row that is not among its own neighbours (a duplicate came first) loses the last one instead.
    keep[keep.all(axis=1), -1] = False
    return found[keep].reshape(len(found), k)


def faiss_neighbours(matrix):
    import faiss

    faiss.omp_set_num_threads(arguments.threads)
    units = matrix.copy()
    faiss.normalize_L2(units)
    index = faiss.IndexFlatIP(units.shape[1])
    index.add(units)
    return without_self(index.search(units, k + 1)[1])


def sklearn_neighbours(matrix):
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k, algorithm="brute", metric="cosine").fit(matrix).kneighbors(
        return_distance=False)


line = {"threads": arguments.threads}
for name, search in (("faiss", faiss_neighbours), ("sklearn", sklearn_neighbours)):
    if name not in arguments.only.split(","):
        continue
    # The overlap itself is not timed: in Python it would be the larger part.
    start = time.perf_counter()
    found = search(before), search(after)
    line[name + "Seconds"] = time.perf_counter() - start
    line[name + "Overlap"] = overlap(*found)
line["peakMemoryMiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(line))
