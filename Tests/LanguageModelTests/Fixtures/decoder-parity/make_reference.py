"""Makes the references that DecoderParityTests reads: `python make_reference.py`, beside this file.

    pip install torch==2.15.0 transformers==5.24.0 safetensors numpy

For each model of a causal family but GPT-2 a folder as transformers saves it (config.json, model.safetensors) with wide random weights
of odd sizes, so that wrong arithmetic shows, and reference.safetensors: log-probabilities of four sequences of uneven length,
each run alone, hidden states, a token-ascent loss, and every gradient by name.
"""

import json
import pathlib

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    AutoModelForCausalLM, BloomConfig, Gemma2Config, Gemma3TextConfig, GPTJConfig, GPTNeoXConfig, LlamaConfig, MistralConfig,
    Olmo2Config, OPTConfig, Phi3Config, Qwen2Config, Qwen3Config,
)

torch.set_num_threads(1)
here = pathlib.Path(__file__).parent
common = dict(
    vocab_size=41, hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, attn_implementation="eager",
    bos_token_id=None, eos_token_id=None, pad_token_id=None,
)
plain = dict(
    vocab_size=41, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64,
    bos_token_id=None, eos_token_id=None, pad_token_id=None,
)
two_heads = dict(num_attention_heads=2, num_key_value_heads=1)
gptj = dict(vocab_size=41, n_positions=64, n_embd=16, n_layer=2, n_head=2, bos_token_id=None, eos_token_id=None)
bloom = dict(vocab_size=41, hidden_size=18, n_layer=2, bos_token_id=None, eos_token_id=None, pad_token_id=None)
configs = {
    "llama": LlamaConfig(
        **common, head_dim=6, tie_word_embeddings=False,
        rope_parameters={
            "rope_type": "llama3", "rope_theta": 50.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 3.0,
            "original_max_position_embeddings": 16,
        },
    ),
    "llama-bias": LlamaConfig(
        **common, head_dim=6, tie_word_embeddings=True, attention_bias=True,
        rope_parameters={"rope_type": "linear", "rope_theta": 100.0, "factor": 2.0},
    ),
    "mistral": MistralConfig(**common, head_dim=8, sliding_window=5, tie_word_embeddings=False),
    "qwen2": Qwen2Config(**{**common, "num_attention_heads": 3, "num_key_value_heads": 3}, tie_word_embeddings=True),
    "qwen3": Qwen3Config(**common, head_dim=8, tie_word_embeddings=True),
    "gemma3": Gemma3TextConfig(
        **{**common, "num_hidden_layers": 3}, head_dim=8, sliding_window=5, query_pre_attn_scalar=10,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"], tie_word_embeddings=True,
        rope_parameters={
            "full_attention": {"rope_type": "linear", "rope_theta": 1000.0, "factor": 8.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 20.0},
        },
    ),
    "neox": GPTNeoXConfig(
        **plain, intermediate_size=20, layer_norm_eps=1e-4, tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": 50.0, "partial_rotary_factor": 0.75},
    ),
    "neox-sequential": GPTNeoXConfig(
        **plain, intermediate_size=20, hidden_act="gelu_new", use_parallel_residual=False, attention_bias=False,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "linear", "rope_theta": 100.0, "partial_rotary_factor": 1.0, "factor": 2.0},
    ),
    "opt": OPTConfig(**plain, ffn_dim=20, tie_word_embeddings=True),
    "opt-post": OPTConfig(
        **plain, ffn_dim=20, do_layer_norm_before=False, activation_function="gelu", enable_bias=False,
        tie_word_embeddings=False,
    ),
    "gemma2": Gemma2Config(
        **{**common, "num_hidden_layers": 3}, head_dim=8, sliding_window=5, query_pre_attn_scalar=10, attn_logit_softcapping=2.0,
        final_logit_softcapping=4.0, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 20.0},
    ),
    "gemma2-untied": Gemma2Config(
        **common, head_dim=6, sliding_window=5, query_pre_attn_scalar=6, attn_logit_softcapping=None, final_logit_softcapping=2.0,
        layer_types=["full_attention", "sliding_attention"], attention_bias=True, tie_word_embeddings=False,
        rope_parameters={"rope_type": "linear", "rope_theta": 100.0, "factor": 2.0},
    ),
    "phi3": Phi3Config(
        **{**common, **two_heads}, sliding_window=5, tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": 50.0, "partial_rotary_factor": 1.0},
    ),
    "phi3-partial": Phi3Config(
        **{**common, **two_heads}, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 50.0, "partial_rotary_factor": 0.75},
    ),
    "olmo2": Olmo2Config(
        **{**common, **two_heads}, tie_word_embeddings=False, rope_parameters={"rope_type": "default", "rope_theta": 50.0},
    ),
    "olmo2-bias": Olmo2Config(
        **{**common, **two_heads, "num_key_value_heads": 2}, attention_bias=True, tie_word_embeddings=True,
        rope_parameters={"rope_type": "linear", "rope_theta": 100.0, "factor": 2.0},
    ),
    "gptj": GPTJConfig(**gptj, n_inner=20, rotary_dim=4, tie_word_embeddings=False),
    "gptj-tied": GPTJConfig(**gptj, rotary_dim=8, activation_function="relu", tie_word_embeddings=True),
    "bloom": BloomConfig(**bloom, n_head=3, tie_word_embeddings=True),
    "bloom-after": BloomConfig(
        **bloom, n_head=6, apply_residual_connection_post_layernorm=True, tie_word_embeddings=False,
    ),
}
rng = np.random.default_rng(3)
lengths = [7, 20, 1, 13]
sequences = [rng.integers(0, common["vocab_size"], n).tolist() for n in lengths]
starts = np.concatenate([[0], np.cumsum(lengths)]).tolist()
forget = [(0, 2), (0, 5), (1, 18), (3, 4)]  # (sequence, row in it); the token is the next of the sequence
predictions = [{"row": starts[s] + r, "token": sequences[s][r + 1], "weight": 0.25} for s, r in forget]

for label, config in configs.items():
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if ("norm" in name or ".ln_" in name) and name.endswith("weight"):
                p.copy_((0 if label.startswith("gemma") else 1) + 0.3 * noise)
            else:
                p.copy_((0.1 if name.endswith("bias") else 0.25) * noise)
    model.save_pretrained(here / label)
    for extra in ("generation_config.json",):
        (here / label / extra).unlink(missing_ok=True)
    out = [model(torch.tensor([s]), output_hidden_states=True) for s in sequences]
    logs = torch.cat([o.logits[0].log_softmax(-1) for o in out])
    tensors = {"logProbabilities": logs.detach()}
    for i in range(config.num_hidden_layers + 1):
        tensors[f"hidden/{i}"] = torch.cat([o.hidden_states[i][0] for o in out]).detach()
    loss = sum(p["weight"] * logs[p["row"], p["token"]] for p in predictions)
    loss.backward()
    tensors["loss"] = loss.detach().reshape(1)
    for name, p in model.named_parameters():
        # GPT-NeoX's head has another name in its files.
        stored = name.replace("lm_head", "embed_out") if label.startswith("neox") else name
        tensors["gradient/" + stored] = p.grad.clone()
    save_file({k: v.float().contiguous() for k, v in tensors.items()}, here / label / "reference.safetensors")
(here / "asked.json").write_text(json.dumps({
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    "sequences": sequences, "predictions": predictions}, separators=(",", ":")) + "\n")
