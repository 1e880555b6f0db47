"""Makes the references that MaskedParityTests reads: `python make_reference.py`, beside this file.

    pip install torch==2.15.0 transformers==5.24.0 safetensors numpy

For BERT and RoBERTa a folder as transformers saves it (config.json, model.safetensors) with wide random weights of odd sizes,
so that wrong arithmetic shows, and reference.safetensors: log-probabilities of five sequences of uneven length with masked tokens
in them, each run alone, hidden states, a loss over the masked tokens, and every gradient by name.
"""

import json
import pathlib

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForMaskedLM, BertConfig, RobertaConfig

torch.set_num_threads(1)
here = pathlib.Path(__file__).parent
common = dict(
    vocab_size=41, hidden_size=15, intermediate_size=20, num_hidden_layers=2, num_attention_heads=3,
    attn_implementation="eager",
)
configs = {
    "bert": BertConfig(**common, max_position_embeddings=70, type_vocab_size=3, layer_norm_eps=1e-5),
    "bert-tanh": BertConfig(**common, max_position_embeddings=70, hidden_act="gelu_new"),
    "roberta": RobertaConfig(
        **common, max_position_embeddings=72, type_vocab_size=1, layer_norm_eps=1e-5, hidden_act="relu",
        bos_token_id=None, eos_token_id=None,
    ),
}
rng = np.random.default_rng(3)
lengths, mask = [7, 20, 1, 13, 69], 3
# No sequence holds the padding tokens 0 and 1, which transformers gives no position of their own.
texts = [rng.integers(4, common["vocab_size"], n).tolist() for n in lengths]
starts = np.concatenate([[0], np.cumsum(lengths)]).tolist()
asked = [(0, 0), (0, 5), (1, 18), (2, 0), (3, 12), (4, 2), (4, 66)]  # (sequence, row in it): masked, then predicted
predictions = [{"row": starts[s] + r, "token": texts[s][r], "weight": 0.25} for s, r in asked]
predictions.append({"row": starts[3] + 4, "token": 11, "weight": -0.5})  # a row that shows its token
sequences = [list(t) for t in texts]
for s, r in asked:
    sequences[s][r] = mask

for label, config in configs.items():
    model = AutoModelForMaskedLM.from_config(config, attn_implementation="eager").float().eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "norm" in name.lower() and name.endswith("weight"):
                p.copy_(1 + 0.3 * noise)
            else:
                p.copy_((0.1 if name.endswith("bias") else 0.25) * noise)
    model.save_pretrained(here / label)
    out = [model(torch.tensor([s]), output_hidden_states=True) for s in sequences]
    logs = torch.cat([o.logits[0].log_softmax(-1) for o in out])
    tensors = {"logProbabilities": logs.detach()}
    for i in range(config.num_hidden_layers + 1):
        tensors[f"hidden/{i}"] = torch.cat([o.hidden_states[i][0] for o in out]).detach()
    loss = sum(p["weight"] * logs[p["row"], p["token"]] for p in predictions)
    loss.backward()
    tensors["loss"] = loss.detach().reshape(1)
    for name, p in model.named_parameters():
        tensors["gradient/" + name] = p.grad.clone()
    save_file({k: v.float().contiguous() for k, v in tensors.items()}, here / label / "reference.safetensors")
(here / "asked.json").write_text(json.dumps({
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    "sequences": sequences, "predictions": predictions}, separators=(",", ":")) + "\n")
