#!/usr/bin/env bash
# Drift at the size of GPT-2's embeddings, both sides in one run on this machine.
#
#   Benchmarks/drift.sh
#
# Needs a Python with numpy, faiss-cpu and scikit-learn (NEIGHBOURS_PYTHON; else one is made in .venv-neighbours).
set -euo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-out/bench}
threads=${THREADS:-2}
rows=${ROWS:-50257}
columns=${COLUMNS:-768}
mkdir -p "$out"
python=${NEIGHBOURS_PYTHON:-.venv-neighbours/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv .venv-neighbours
    .venv-neighbours/bin/pip install -q -r Benchmarks/peers/requirements-neighbours.txt
fi
[ -n "${SKIP_BUILD:-}" ] || swift build -c release --package-path Benchmarks --product driftscope-bench
bench=Benchmarks/.build/release/driftscope-bench
size=(--rows "$rows" --columns "$columns" --threads "$threads")
$bench neighbours "${size[@]}" --out "$out" >"$out/neighbours-ours.json"
"$python" Benchmarks/peers/neighbours.py --folder "$out" "${size[@]}" >"$out/neighbours-peer.json"
$bench drift "${size[@]}" >"$out/drift-ours.json"
rm -f "$out/before.f32" "$out/after.f32"
/usr/bin/env python3 Benchmarks/drift_table.py "$out"
