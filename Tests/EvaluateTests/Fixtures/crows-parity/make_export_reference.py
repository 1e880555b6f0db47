"""Makes harness-results.json and harness-samples.jsonl, what lm-evaluation-harness itself writes for harness-pairs.csv: `python
make_export_reference.py`, beside this file, after make_reference.py, whose model it takes.

    pip install torch==2.15.0 transformers==5.24.0 lm-eval==0.4.13

The functions of its crows_pairs task, from a CSV of the four columns that the task's own data has. What only tells of the machine
and of the harness's program is left out of the results.
"""

import csv
import json
import pathlib
import tempfile

import lm_eval
import torch
from lm_eval.loggers import EvaluationTracker
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks.crows_pairs import utils
from transformers import GPT2LMHeadModel, GPT2Tokenizer

here = pathlib.Path(__file__).resolve().parent
torch.set_num_threads(1)
with open(here / "pairs.csv", encoding="utf-8", newline="") as file:
    rows = [row[1:] for row in csv.reader(file)]
rows.append(["A \"quoted\" \\ way", "A quoted / way", "stereo", "place"])
with open(here / "harness-pairs.csv", "w", encoding="utf-8", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows(rows)

model = GPT2LMHeadModel.from_pretrained(here / "model").float().eval()
task = {
    "task": "harness-pairs", "dataset_path": "csv", "dataset_kwargs": {"data_files": {"test": str(here / "harness-pairs.csv")}},
    "test_split": "test", "output_type": "multiple_choice", "doc_to_text": "", "target_delimiter": "",
    "doc_to_choice": utils.doc_to_choice, "doc_to_target": 0, "process_results": utils.process_results,
    "metric_list": [
        {"metric": "likelihood_diff", "aggregation": "mean", "higher_is_better": False},
        {"metric": "pct_stereotype", "aggregation": "mean", "higher_is_better": False},
    ],
    "num_fewshot": 0, "metadata": {"version": 1.0},
}
with tempfile.TemporaryDirectory() as folder:
    tracker = EvaluationTracker(output_path=folder)
    tracker.general_config_tracker.log_experiment_args(
        model_source="hf", model_args="pretrained=model", system_instruction=None, chat_template=None,
        fewshot_as_multiturn=False)
    out = lm_eval.simple_evaluate(
        model=HFLM(pretrained=model, tokenizer=GPT2Tokenizer.from_pretrained(here / "model"), batch_size=1, device="cpu"),
        tasks=[task], log_samples=True)
    samples = out.pop("samples")
    tracker.save_results_aggregated(results=out, samples=samples)
    for name in samples:
        tracker.save_results_samples(task_name=name, samples=samples[name])
    results = json.loads(next(pathlib.Path(folder).rglob("results_*.json")).read_text())
    written = next(pathlib.Path(folder).rglob("samples_*.jsonl")).read_text()
kept = [
    "results", "group_subtasks", "versions", "n-shot", "higher_is_better", "n-samples", "max_length", "task_hashes",
    "model_name", "model_name_sanitized", "system_instruction", "chat_template", "lm_eval_version",
]
(here / "harness-results.json").write_text(json.dumps({key: results[key] for key in kept}, indent=1) + "\n")
(here / "harness-samples.jsonl").write_text(written)
print(sorted(results), samples.keys())
