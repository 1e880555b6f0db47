"""Makes reference.json, which WordAttributionTests reads: `python make_reference.py`, beside this file.

Gradient × input of the built-in model (data/files/planted/model), as transformers reads it, on texts of our own: one forward pass
for each word of the question, from the tokens' vectors on (inputs_embeds), in double precision; autograd's gradient times the
vectors, summed over the tokens that touch a word. Nothing here is shared with the Swift code.
"""

import json
import pathlib
import re

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_num_threads(1)
here = pathlib.Path(__file__).resolve().parent
folder = here.parents[3] / "data/files/planted/model"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64).eval()
table = model.get_input_embeddings().weight

CASES = [
    {"cue": "They are", "harmful": ["shy", "fussy"], "harmless": ["loud", "rude", "blunt"]},
    # Words of several tokens, some of which begin alike.
    {"cue": "This comment is", "harmful": ["hateful", "shyly"], "harmless": ["hatless", "kind"]},
]
TEXTS = [
    "Many kings by the arcades look brash.",
    "Some women in the drawbridges are really moody, the women.",
    "  The aunts' caf\u00e9: shy\u2026 ",
    "chatty",
]


def answer(text, case):
    """s and the attribution of each word (start, end in bytes)."""
    text = text.rstrip()
    words = [(m.start(), m.end()) for m in re.finditer(r"[^\W_]+", text)]
    to_bytes = lambda i: len(text[:i].encode())
    s, parts = 0.0, [0.0] * len(words)
    for name, sign in [("harmful", 1), ("harmless", -1)]:
        for word in case[name]:
            whole = f"{text} {case['cue']} {word}"
            encoded = tokenizer(whole, return_offsets_mapping=True, add_special_tokens=False)
            ids = torch.tensor([[tokenizer.bos_token_id] + encoded["input_ids"]])
            offsets = [(0, 0)] + encoded["offset_mapping"]
            vectors = table[ids].detach().requires_grad_()
            logp = model(inputs_embeds=vectors).logits.log_softmax(-1)
            asked = [t for t, (_, end) in enumerate(offsets) if end > len(whole) - len(word)]
            value = sign / len(case[name]) * sum(logp[0, t - 1, ids[0, t]] for t in asked)
            (gradient,) = torch.autograd.grad(value, vectors)
            product = (gradient * vectors).sum(-1)[0]
            s += value.item()
            for i, (start, end) in enumerate(words):
                parts[i] += sum(product[t].item() for t, (a, b) in enumerate(offsets) if a < end and start < b)
    return {
        "text": text, "score": s,
        "words": [[to_bytes(a), to_bytes(b), part] for (a, b), part in zip(words, parts)],
    }


out = {
    "torch": torch.__version__, "transformers": transformers.__version__,
    "cases": [{**case, "answers": [{**answer(text, case), "text": text} for text in TEXTS]} for case in CASES],
}
text = json.dumps(out, ensure_ascii=False).replace('{"text"', '\n{"text"')
(here / "reference.json").write_text(text + "\n")
