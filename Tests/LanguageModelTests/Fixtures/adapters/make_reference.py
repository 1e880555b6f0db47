"""LoRA adapters as PEFT stores them, on models of ../config-variants, and what they compute.

Run with torch 2.15.0, transformers 5.24.0, peft 0.21.2:

    python make_reference.py

Writes a folder for each adapter and adapters.json: name, base (weights and config.json of ../config-variants) and the
log-probabilities of the model with the adapter beside it, not merged: merging writes both uses of a tied matrix. Where
nothing is tied the script checks that the merged model gives the same.
"""

import copy
import json
import pathlib
import shutil
import tempfile

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
here = pathlib.Path(__file__).parent
bases = here.parent / "config-variants"
asked = json.loads((bases / "asked.json").read_text())
configs = {
    v["weights"].removesuffix(".safetensors"): v["config"]
    for v in json.loads((bases / "variants.json").read_text()) if v["name"] == v["base"]
}

# Base, whether merging goes into both uses of a tied matrix, and the adapter.
adapters = {
    "dora": ("llama", False, dict(r=3, lora_alpha=5, use_dora=True, target_modules=["q_proj", "down_proj", "embed_tokens"])),
    "norms": ("llama", False, dict(
        r=2, lora_alpha=5, use_rslora=True, target_modules=["k_proj"], rank_pattern={r"layers\.[12]\..*k_proj": 4},
        modules_to_save=["input_layernorm", "norm"])),
    "layers": ("llama", False, dict(r=2, lora_alpha=4, target_modules=["q_proj", "o_proj"], layers_to_transform=[0, 2], layers_pattern="layers")),
    "pattern": ("llama", False, dict(r=2, lora_alpha=4, target_modules=r".*\.(q|v)_proj", exclude_modules=["layers.1.self_attn.q_proj"])),
    "linear": ("llama-tied", False, dict(r=2, lora_alpha=4, target_modules="all-linear")),
    "tied-embedding": ("llama-tied", True, dict(r=2, lora_alpha=4, target_modules=["embed_tokens", "v_proj"])),
    "tied-head": ("llama-tied", True, dict(r=2, lora_alpha=4, target_modules=["v_proj"], modules_to_save=["lm_head"])),
    "biases": ("qwen2", False, dict(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"], bias="all")),
    "update-bias": ("qwen2", False, dict(r=2, lora_alpha=3, target_modules=["q_proj", "v_proj"], lora_bias=True)),
    "gpt2": ("gpt2", True, dict(r=2, lora_alpha=4, fan_in_fan_out=True, target_modules=["c_attn", "c_proj", "wte", "wpe"])),
    "gpt2-dora": ("gpt2", False, dict(r=2, lora_alpha=4, fan_in_fan_out=True, use_dora=True, target_modules=["attn.c_proj", "c_fc"])),
    "neox": ("neox", False, dict(r=2, lora_alpha=4, target_modules=["query_key_value", "dense_4h_to_h", "lm_head"])),
    "opt": ("opt", False, dict(r=2, lora_alpha=4, target_modules=["k_proj", "fc1"], bias="lora_only")),
    "gemma3": ("gemma3", True, dict(r=2, lora_alpha=4, target_modules=["k_proj", "embed_tokens"])),
    "bert": ("bert", False, dict(r=2, lora_alpha=4, target_modules=["query", "transform.dense"])),
    "roberta": ("roberta", True, dict(r=2, lora_alpha=4, target_modules=["value", "decoder"])),
}


def is_masked(config):
    return config["model_type"] in ("bert", "roberta")


def read(folder, config):
    kind = AutoModelForMaskedLM if is_masked(config) else AutoModelForCausalLM
    return kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def log_probabilities(model, masked):
    """A list for each sequence: of each token given those before it, or given all others where it is masked."""
    out = []
    with torch.no_grad():
        for sequence in asked["masked" if masked else "causal"]:
            tokens = torch.tensor(sequence)
            if masked:
                rows = []
                for i in range(len(sequence)):
                    shown = tokens.clone()
                    shown[i] = asked["mask"]
                    rows.append(model(shown[None]).logits[0, i].double().log_softmax(-1)[sequence[i]].item())
            else:
                logs = model(tokens[None]).logits[0, :-1].double().log_softmax(-1)
                rows = logs.gather(1, tokens[1:, None])[:, 0].tolist()
            out.append(rows)
    return out


def difference(a, b):
    return max(abs(x - y) for s, t in zip(a, b, strict=True) for x, y in zip(s, t, strict=True))


def make(name, base, writes_both, options, scratch):
    config = configs[base]
    folder = scratch / base
    if not folder.exists():
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(config))
        shutil.copy(bases / f"{base}.safetensors", folder / "model.safetensors")
    task = {} if is_masked(config) else {"task_type": "CAUSAL_LM"}
    model = get_peft_model(read(folder, config), LoraConfig(**options, **task))
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for _, p in model.named_parameters():
            if p.requires_grad:
                p.add_(0.3 * torch.randn(p.shape, generator=generator))
    target = here / name
    shutil.rmtree(target, ignore_errors=True)
    model.save_pretrained(target)
    (target / "README.md").unlink()
    stored = json.loads((target / "adapter_config.json").read_text())
    stored["base_model_name_or_path"] = base
    for key, value in stored.items():
        if isinstance(value, list):
            stored[key] = sorted(value)
    (target / "adapter_config.json").write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
    plain = read(folder, config)
    before = log_probabilities(plain, is_masked(config))
    loaded = PeftModel.from_pretrained(plain, target).eval()
    apart = log_probabilities(loaded, is_masked(config))
    merged = log_probabilities(copy.deepcopy(loaded).merge_and_unload(), is_masked(config))
    print(f"{name:16} change {difference(before, apart):8.3g}, merged {difference(apart, merged):8.3g}")
    assert difference(before, apart) > 1e-2, name
    assert writes_both or difference(apart, merged) < 1e-4, name
    logs = [[float(f"{x:.7g}") for x in s] for s in apart]
    return {"name": name, "base": base, "expect": {"logProbabilities": logs}}


with tempfile.TemporaryDirectory() as temporary:
    scratch = pathlib.Path(temporary)
    made = [make(name, *parts, scratch) for name, parts in adapters.items()]
    lines = ",\n".join(json.dumps(v, separators=(",", ":")) for v in made)
    (here / "adapters.json").write_text(f"[\n{lines}\n]\n")
    size = sum(p.stat().st_size for p in here.rglob("*") if p.is_file())
    print(f"{len(made)} adapters, {size} bytes; torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}")
