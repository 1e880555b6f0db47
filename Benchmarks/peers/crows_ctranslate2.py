"""CrowS-Pairs sentences scored with CTranslate2's `score_batch`, on the ids that driftscope-bench wrote.

The begin token stays in context and every later token is scored (profile `driftscope`). CTranslate2 sorts by length and makes
batches itself.

    python crows_ctranslate2.py --model out/gpt2-shape --ids out/bench/crows-ids.json --out out/bench --threads 2

Made with ctranslate2 4.8.5 and transformers 5.24.0. Prints one JSON line.
"""

import argparse
import json
import os
import time

import ctranslate2
import transformers

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--ids", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()

transformers.logging.set_verbosity_error()
converted = os.path.join(arguments.out, "ctranslate2")
if not os.path.exists(os.path.join(converted, "model.bin")):
    ctranslate2.converters.TransformersConverter(arguments.model).convert(converted, quantization="float32", force=True)
tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.model)
sentences = [tokenizer.convert_ids_to_tokens(ids) for ids in json.load(open(arguments.ids))["sentences"]]
best = None
# One sentence to a thread, or one after the other on all threads; and several sizes of a batch, in tokens. The best counts.
for workers in {1, arguments.threads}:
    generator = ctranslate2.Generator(
        converted, device="cpu", compute_type="float32", inter_threads=workers,
        intra_threads=arguments.threads // workers)
    for size in [256, 1024, 4096]:
        generator.score_batch(sentences[:2])  # warm-up
        start = time.perf_counter()
        scores = generator.score_batch(sentences, max_batch_size=size, batch_type="tokens")
        seconds = time.perf_counter() - start
        if best is None or seconds < best["seconds"]:
            best = {
                "peer": f"CTranslate2 {ctranslate2.__version__}",
                "threads": arguments.threads,
                "workers": workers,
                "batchTokens": size,
                "seconds": seconds,
                "means": [sum(s.log_probs) / len(s.log_probs) for s in scores],
            }
print(json.dumps(best))
