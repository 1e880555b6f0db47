"""Checks that a folder written by driftscope is a Hugging Face model, and that both compute the same.

    python check_checkpoint.py FOLDER SCORES

FOLDER is a checkpoint that driftscope wrote. SCORES holds a JSON object a line, {"text", "ids", "logp"}: a text, its ids
with <|endoftext|> in front, and the log-probability of every id after the first. Prints the largest difference and exits
1 when ids differ or a log-probability is further off than 1e-3. Made with transformers 5.24.0, tokenizers 0.23.3 and
torch 2.15.0.
"""

import json, sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main(folder, scores):
    torch.set_num_threads(1)
    model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    problems = {name: keys for name, keys in info.items() if keys}
    assert not problems, problems
    assert model.dtype == torch.float32, model.dtype
    tokenizer = AutoTokenizer.from_pretrained(folder)
    begin = tokenizer.bos_token_id
    worst, count = 0.0, 0
    for line in open(scores, encoding="utf-8"):
        item = json.loads(line)
        ids = [begin] + tokenizer(item["text"])["input_ids"]
        assert ids == item["ids"], item["text"]
        assert tokenizer.decode(ids[1:]) == item["text"], item["text"]
        with torch.no_grad():
            logits = model.eval()(torch.tensor([ids])).logits[0, :-1]
        expected = torch.log_softmax(logits.double(), -1).gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
        worst = max([worst] + (expected - torch.tensor(item["logp"], dtype=torch.float64)).abs().tolist())
        count += len(ids) - 1
    print(f"{count} tokens, largest difference of a log-probability {worst:.2e}")
    return 0 if count and worst <= 1e-3 else 1


sys.exit(main(*sys.argv[1:]))
