"""Single-precision products C = A Bt with OpenBLAS, oneDNN on its own threads and PyTorch: GFLOP/s, the median of many.

    python products.py --shapes 256x3072x768,512x512x64 --threads 2

Libraries that are not there are left out. Prints one JSON line.
"""

import argparse
import ctypes
import ctypes.util
import json
import os
import time

parser = argparse.ArgumentParser()
parser.add_argument("--shapes", required=True)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--passes", type=int, default=15)
arguments = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(arguments.threads)

import numpy

long, real, address = ctypes.c_long, ctypes.c_float, ctypes.c_void_p
sides = {}

if path := ctypes.util.find_library("openblas"):
    openblas = ctypes.CDLL(path)
    integer = ctypes.c_int

    def by_openblas(m, n, k, a, b, c):
        openblas.cblas_sgemm(
            integer(101), integer(111), integer(112), integer(m), integer(n), integer(k), real(1), address(a.ctypes.data),
            integer(k), address(b.ctypes.data), integer(k), real(0), address(c.ctypes.data), integer(n))

    openblas.openblas_get_corename.restype = ctypes.c_char_p
    sides[f"OpenBLAS {openblas.openblas_get_corename().decode()}"] = by_openblas

if path := ctypes.util.find_library("dnnl"):
    dnnl = ctypes.CDLL(path)

    def by_onednn(m, n, k, a, b, c):
        dnnl.dnnl_sgemm(
            ctypes.c_char(b"N"), ctypes.c_char(b"T"), long(m), long(n), long(k), real(1), address(a.ctypes.data), long(k),
            address(b.ctypes.data), long(k), real(0), address(c.ctypes.data), long(n))

    sides["oneDNN"] = by_onednn

try:
    import torch

    torch.set_num_threads(arguments.threads)

    def by_torch(m, n, k, a, b, c):
        torch.mm(torch.from_numpy(a), torch.from_numpy(b).T, out=torch.from_numpy(c))

    sides[f"PyTorch {torch.__version__.split('+')[0]}"] = by_torch
except ImportError:
    pass

shapes = [tuple(int(n) for n in text.split("x")) for text in arguments.shapes.split(",")]
rates = {name: [[] for _ in shapes] for name in sides}
for _ in range(arguments.passes):
    for index, (m, n, k) in enumerate(shapes):
        a = (numpy.arange(m * k) % 7 - 3).astype(numpy.float32).reshape(m, k)
        b = (numpy.arange(n * k) % 5 - 2).astype(numpy.float32).reshape(n, k)
        wanted = a[:2] @ b.T
        for name, multiply in sides.items():
            c = numpy.empty((m, n), dtype=numpy.float32)
            multiply(m, n, k, a, b, c)
            assert numpy.array_equal(c[:2], wanted), f"{name} multiplies wrongly: {m} x {n} x {k}"
            repetitions = max(1, int(2e9 / (2 * m * n * k)))
            start = time.perf_counter()
            for _ in range(repetitions):
                multiply(m, n, k, a, b, c)
            seconds = (time.perf_counter() - start) / repetitions
            rates[name][index].append(2 * m * n * k / seconds / 1e9)
medians = {name: [sorted(r)[len(r) // 2] for r in found] for name, found in rates.items()}
print(json.dumps({"threads": arguments.threads, "gflops": medians}))
