"""CrowS-Pairs sentences scored with OpenVINO, on the ids that driftscope-bench wrote.

The begin token stays in context and every later token is scored (profile `driftscope`). Sentences of one length make a
batch; log-softmax and the choice of the tokens belong to the compiled model, in float32.

    python crows_openvino.py --model out/gpt2-shape --ids out/bench/crows-ids.json --batch 32 --threads 2

Made with openvino 2026.4.1, torch 2.15.0 and transformers 5.24.0. Prints one JSON line.
"""

import argparse
import itertools
import json
import time

import numpy
import openvino
import torch
import transformers

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--ids", required=True)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()

transformers.logging.set_verbosity_error()


class Scorer(torch.nn.Module):
    """Mean log-probability of the tokens after the first, without padding."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        logits = self.model(input_ids=ids[:, :-1], use_cache=False).logits
        return torch.log_softmax(logits, dim=-1).gather(2, ids[:, 1:].unsqueeze(2)).squeeze(2).mean(1)


model = transformers.AutoModelForCausalLM.from_pretrained(
    arguments.model, dtype=torch.float32, attn_implementation="eager").eval()
sentences = json.load(open(arguments.ids))["sentences"]
with torch.inference_mode():
    converted = openvino.convert_model(Scorer(model), example_input=torch.tensor([sentences[0], sentences[0]]))
converted.reshape([-1, -1])
compiled = openvino.Core().compile_model(
    converted, "CPU",
    {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": arguments.threads, "PERFORMANCE_HINT": "LATENCY"})
best, means = None, [0.0] * len(sentences)
order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
# The first pass prepares the shapes that it meets; the best counts.
for _ in range(2):
    start = time.perf_counter()
    for _, group in itertools.groupby(order, key=lambda i: len(sentences[i])):
        group = list(group)
        for i in range(0, len(group), arguments.batch):
            part = group[i : i + arguments.batch]
            values = compiled(numpy.array([sentences[k] for k in part]))[0]
            for index, value in zip(part, values):
                means[index] = float(value)
    seconds = time.perf_counter() - start
    best = seconds if best is None else min(best, seconds)
print(json.dumps({
    "peer": f"OpenVINO {openvino.__version__.split('-')[0]}",
    "threads": arguments.threads,
    "batch": arguments.batch,
    "seconds": best,
    "means": means,
}))
