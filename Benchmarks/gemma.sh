#!/usr/bin/env bash
# Gemma 3 270M against transformers on PyTorch, both sides in one run on this machine, two threads each.
#
#   DRIFTSCOPE_DATA=/path/to/data Benchmarks/gemma.sh
#
# PAIRS scores that many CrowS-Pairs pairs instead of all of gender, race and religion; GEMMA names the GGUF file, which is
# fetched otherwise; PEER_PYTHON a Python with torch and transformers.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${DRIFTSCOPE_DATA:?set it to the folder with dghs/ and crows_pairs/}
out=out/bench-gemma
folder=$out/gemma3-270m
model=${GEMMA:-out/gemma3-270m.gguf}
threads=${THREADS:-2}
mkdir -p "$out"
source Benchmarks/peer_python.sh
[ -f "$model" ] || scripts/gemma.sh "$model"
[ -f "$folder/config.json" ] || "$python" Benchmarks/peers/gemma_folder.py --gguf "$model" --out "$folder"
if [ -z "${SKIP_BUILD:-}" ]; then swift build -c release --package-path Benchmarks --product driftscope-bench; fi
bench=Benchmarks/.build/release/driftscope-bench

pairs=(--crows "$data/crows_pairs/crows_pairs_anonymized.csv" --types gender,race-color,religion --pairs "${PAIRS:-883}")
$bench prepare --model "$model" --dghs "$data/dghs/dghs_v0.2.2_dev_test_women.csv" \
    --lexicon data/files/lexicons/harmful.json "${pairs[@]}" --out "$out"
$bench step --model "$model" --ids "$out/step-ids.json" --steps 5 --threads "$threads" >"$out/step-ours.json"
for way in padded plain; do
    OMP_NUM_THREADS=$threads "$python" Benchmarks/peers/step.py --model "$folder" --ids "$out/step-ids.json" --steps 3 \
        --threads "$threads" --way $way >"$out/step-$way.json"
done
$bench crows --model "$model" "${pairs[@]}" --threads "$threads" >"$out/crows-ours.json"
OMP_NUM_THREADS=$threads "$python" Benchmarks/peers/crows.py --model "$folder" --ids "$out/crows-ids.json" --batch 8 \
    --threads "$threads" >"$out/crows-peer.json"
memory() {
    $bench memory --model "$model" --dghs "$data/dghs/dghs_v0.2.2_dev_test_women.csv" \
        --lexicon data/files/lexicons/harmful.json --text "$data/wikitext2/valid.txt" --out "$out" --threads "$threads" "$@"
}
memory >"$out/memory-all.json"
memory --checkpoint-activations true >"$out/memory-checkpointed.json"
memory --parameters attention >"$out/memory-attention.json"
memory --lora 8 >"$out/memory-lora.json"
/usr/bin/env python3 Benchmarks/gemma_table.py "$out"
