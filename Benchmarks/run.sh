#!/usr/bin/env bash
# Ratios against transformers on PyTorch and CTranslate2, all in one run on this machine, two threads each.
#
#   DRIFTSCOPE_DATA=/path/to/data Benchmarks/run.sh      (or: make bench)
#
# Needs a Python with torch and transformers (PEER_PYTHON; else one is made in .venv-bench, several minutes and GB).
set -euo pipefail
cd "$(dirname "$0")/.."
data=${DRIFTSCOPE_DATA:?set it to the folder with dghs/, crows_pairs/, stereoset/, tokenizer/ and wikitext2/}
out=out/bench
model=$out/gpt2-shape
threads=${THREADS:-2}
mkdir -p "$out"
source Benchmarks/peer_python.sh
[ -f "$model/config.json" ] || "$python" Benchmarks/peers/make_gpt2_shape.py \
    --vocab "$data/tokenizer/gpt2_vocab.json" --merges "$data/tokenizer/gpt2_merges.txt" --out "$model"
swift build -c release --package-path Benchmarks --product driftscope-bench
swift build -c release --product driftscope
bench=Benchmarks/.build/release/driftscope-bench
dghs=$data/dghs/dghs_v0.2.2_dev_test_women.csv
lexicon=data/files/lexicons/harmful.json

$bench prepare --model "$model" --dghs "$dghs" --lexicon "$lexicon" \
    --crows "$data/crows_pairs/crows_pairs_anonymized.csv" --out "$out"
$bench step --model "$model" --ids "$out/step-ids.json" --steps 7 --threads "$threads" >"$out/step-ours.json"
for way in padded plain; do
    OMP_NUM_THREADS=$threads "$python" Benchmarks/peers/step.py --model "$model" --ids "$out/step-ids.json" --steps 7 \
        --threads "$threads" --way $way >"$out/step-$way.json"
done
memory() {
    $bench memory --model "$model" --dghs "$dghs" --lexicon "$lexicon" --text "$data/wikitext2/valid.txt" --out "$out" \
        --threads "$threads" "$@"
}
memory >"$out/memory-ours.json"
memory --lora 8 >"$out/memory-lora.json"
$bench stereoset --model "$model" --stereoset "$data/stereoset/dev.json" \
    --crows "$data/crows_pairs/crows_pairs_anonymized.csv" --threads "$threads" >"$out/stereoset.json"
$bench crows --model "$model" --crows "$data/crows_pairs/crows_pairs_anonymized.csv" --threads "$threads" >"$out/crows-ours.json"
OMP_NUM_THREADS=$threads "$python" Benchmarks/peers/crows.py --model "$model" --ids "$out/crows-ids.json" \
    --threads "$threads" >"$out/crows-peer.json"
OMP_NUM_THREADS=$threads "$python" Benchmarks/peers/crows_ctranslate2.py --model "$model" --ids "$out/crows-ids.json" \
    --out "$out" --threads "$threads" >"$out/crows-ctranslate2.json"
rm -rf "$out/demo" "$out/demo-plain"
/usr/bin/env python3 Benchmarks/table.py "$out"
echo
OMP_NUM_THREADS=$threads HF_HUB_OFFLINE=1 "$python" Benchmarks/peers/check_lm_eval.py --model "$model" --rows 200 \
    --threads "$threads" --crows-pairs "$data/crows_pairs/crows_pairs_anonymized.csv"
echo
SKIP_BUILD=1 OUT=$out THREADS=$threads Benchmarks/drift.sh
echo
SKIP_BUILD=1 OUT=$out THREADS=$threads Benchmarks/products.sh
echo
SKIP_BUILD=1 THREADS=$threads Benchmarks/gemma.sh
