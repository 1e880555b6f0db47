# Sourced: sets `python` to one with torch and transformers, made in .venv-bench where PEER_PYTHON names none.
python=${PEER_PYTHON:-.venv-bench/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv .venv-bench
    .venv-bench/bin/pip install -q -r Benchmarks/peers/requirements.txt
fi
