#!/usr/bin/env bash
# Matrix products of the shapes that models ask for, beside OpenBLAS, oneDNN's own threads and PyTorch, in one run.
#
#   Benchmarks/products.sh
#
# At AVX2: DNNL_MAX_CPU_ISA=AVX2 OPENBLAS_CORETYPE=Haswell ATEN_CPU_CAPABILITY=avx2 Benchmarks/products.sh
# Needs a Python with numpy and, for PyTorch, torch (PEER_PYTHON; else one is made in .venv-bench).
set -euo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-out/bench}
threads=${THREADS:-2}
shapes=${SHAPES:-2048x2048x2048,256x3072x768,229x768x768,240x2048x640,16x50257x768,64x262144x640,512x512x64}
mkdir -p "$out"
source Benchmarks/peer_python.sh
[ -n "${SKIP_BUILD:-}" ] || swift build -c release --package-path Benchmarks --product driftscope-bench
Benchmarks/.build/release/driftscope-bench products --shapes "$shapes" --threads "$threads" >"$out/products-ours.json"
OMP_NUM_THREADS=$threads "$python" Benchmarks/peers/products.py --shapes "$shapes" --threads "$threads" >"$out/products-peer.json"
/usr/bin/env python3 Benchmarks/products_table.py "$out" "$shapes"
