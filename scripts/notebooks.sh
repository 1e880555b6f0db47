#!/usr/bin/env bash
# Runs every notebook on a run folder and keeps it with its output under notebooks-md/rendered.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv-tests/bin/python
if [ ! -x $python ]; then
    echo "no Python in .venv-tests: scripts/setup.sh tests" >&2
    exit 2
fi
run=$(realpath -m "${DRIFTSCOPE_RUN:-out/demo}")
if [ ! -f "$run/report.json" ]; then
    echo "no finished run in $run: make demo, or name one in DRIFTSCOPE_RUN" >&2
    exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf notebooks-md/rendered
for notebook in notebooks-md/[0-9]*.md; do
    name=$(basename "$notebook" .md)
    echo "running $notebook on $run"
    DRIFTSCOPE_RUN=$run $python -m jupytext --quiet --to ipynb --execute --output "$work/$name.ipynb" "$notebook"
    # The copy is for reading: without the front matter, which would make it a notebook again.
    $python -m nbconvert --log-level ERROR --to markdown --output-dir notebooks-md/rendered "$work/$name.ipynb"
done
