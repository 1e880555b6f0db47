"""Makes the references of config.json as strangers write it: `python make_reference.py`, beside this file.

    pip install torch==2.15.0 transformers==5.24.0 peft==0.21.2 safetensors==0.8.0 numpy==2.4.6

What transformers does with a model folder is the truth here, odd keys, old spellings and defaults included. Every variant is a
config.json and a weights file that it shares with its siblings; both are written to an empty folder and read with
AutoModelForCausalLM or AutoModelForMaskedLM (float32, eager attention, eval). Models are tiny, of odd sizes, with wide random
weights, so that wrong arithmetic shows.

Writes, beside this script:

NAME.safetensors    weights as save_pretrained names them
variants.json       an array of
    name, family    the family is the base's model_type
    weights         the weights file
    config          config.json
    base            the variant that this one departs from: the same weights, so that only config.json differs
    expect          one of
        {"logProbabilities": [[...], ...]}  a list for each sequence of asked.json. Causal: of each token after the first, given
                                            those before it. Masked: of each token, with it alone replaced by the mask.
        {"refusal": "..."}                  the error transformers ends with
        {"undetermined": [...]}             tensors that weights lack and transformers fills with random numbers
    change          largest difference of a log-probability to the base
    missing, unexpected     tensors that transformers filled in (biases with 0, gains with 1) or left out, where there are any
    note            what the variant is for, and the rule
asked.json          versions, sequences and the mask
adapters.json       an array of name, base (a variant), expect: log-probabilities of the merged model
lora-*/             adapters as peft saves them

Each variant says whether transformers refuses it, changes the numbers of its base or leaves them, and the script stops where that
is not so: no variant is vacuous. Each sequence is run alone in a fresh copy of the model (dynamic rotary positions keep the longest
length they have met).
"""

import copy
import json
import math
import pathlib
import re
import shutil
import tempfile

import numpy as np
import peft
import safetensors
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
here = pathlib.Path(__file__).parent
ABSENT = object()
MASK = 3

rng = np.random.default_rng(11)
sequences = {
    "causal": [rng.integers(0, 41, n).tolist() for n in (24, 17, 9)],
    # None holds the mask or the padding tokens 0 and 1, which RoBERTa gives no position of their own; the first holds 7.
    "masked": [rng.integers(4, 41, n).tolist() for n in (16, 11, 5)],
}
sequences["masked"][0][5] = 7

# MARK: - Weights: a file each, and the config.json that they were made with, which is the base of the variants

decoder = dict(
    vocab_size=41, hidden_size=16, intermediate_size=20, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=64, rms_norm_eps=1e-5, initializer_range=0.02, use_cache=True, torch_dtype="float32",
)
llama = dict(
    architectures=["LlamaForCausalLM"], model_type="llama", **decoder, head_dim=8, hidden_act="silu", rope_theta=50.0,
    rope_scaling=None, attention_bias=False, attention_dropout=0.0, mlp_bias=False, pretraining_tp=1, tie_word_embeddings=False,
    bos_token_id=1, eos_token_id=2,
)
llama_plain = {k: v for k, v in llama.items() if k not in ("head_dim", "num_key_value_heads")}
mistral = dict(
    architectures=["MistralForCausalLM"], model_type="mistral", **decoder, head_dim=8, hidden_act="silu", rope_theta=50.0,
    sliding_window=5, attention_dropout=0.0, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2,
)
qwen2 = dict(
    architectures=["Qwen2ForCausalLM"], model_type="qwen2",
    **{**decoder, "hidden_size": 18, "num_attention_heads": 3, "num_key_value_heads": 1},
    hidden_act="silu", rope_theta=50.0, sliding_window=4, max_window_layers=1, use_sliding_window=False, attention_dropout=0.0,
    tie_word_embeddings=True, bos_token_id=1, eos_token_id=2,
)
qwen3 = dict(
    architectures=["Qwen3ForCausalLM"], model_type="qwen3", **{**decoder, "num_attention_heads": 3, "num_key_value_heads": 1},
    head_dim=8, hidden_act="silu", rope_theta=50.0, rope_scaling=None, sliding_window=None, max_window_layers=1,
    use_sliding_window=False, attention_bias=False, attention_dropout=0.0, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2,
)
gemma3 = dict(
    architectures=["Gemma3ForCausalLM"], model_type="gemma3_text", **decoder, head_dim=8, hidden_activation="gelu_pytorch_tanh",
    rope_theta=1000.0, rope_local_base_freq=20.0, rope_scaling={"factor": 8.0, "rope_type": "linear"}, query_pre_attn_scalar=10,
    sliding_window=5, sliding_window_pattern=2, attn_logit_softcapping=None, final_logit_softcapping=None, attention_bias=False,
    attention_dropout=0.0, cache_implementation="hybrid", pad_token_id=0, bos_token_id=2, eos_token_id=1,
)
neox = dict(
    architectures=["GPTNeoXForCausalLM"], model_type="gpt_neox", vocab_size=41, hidden_size=16, num_hidden_layers=2,
    num_attention_heads=2, intermediate_size=20, hidden_act="gelu", max_position_embeddings=64, layer_norm_eps=1e-5,
    rotary_pct=0.5, rotary_emb_base=50, use_parallel_residual=True, tie_word_embeddings=False, torch_dtype="float32",
    initializer_range=0.02, use_cache=True, bos_token_id=0, eos_token_id=0,
)
opt = dict(
    architectures=["OPTForCausalLM"], model_type="opt", vocab_size=41, hidden_size=16, word_embed_proj_dim=16, ffn_dim=20,
    num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=32, activation_function="relu", do_layer_norm_before=True,
    _remove_final_layer_norm=False, dropout=0.1, activation_dropout=0.0, attention_dropout=0.0, layerdrop=0.0, init_std=0.02,
    prefix="</s>", torch_dtype="float32", use_cache=True, bos_token_id=2, eos_token_id=2, pad_token_id=1,
)
opt_350m = {**opt, "word_embed_proj_dim": 10, "do_layer_norm_before": False}
gpt2 = dict(
    architectures=["GPT2LMHeadModel"], model_type="gpt2", vocab_size=41, n_positions=32, n_ctx=32, n_embd=15, n_layer=3, n_head=3,
    n_inner=28, activation_function="gelu_new", layer_norm_epsilon=1e-5, attn_pdrop=0.1, embd_pdrop=0.1, resid_pdrop=0.1,
    initializer_range=0.02, summary_type="cls_index", summary_use_proj=True, bos_token_id=40, eos_token_id=40,
)
gpt2_untied = {**gpt2, "n_inner": None, "n_layer": 2, "tie_word_embeddings": False}
bert = dict(
    architectures=["BertForMaskedLM"], model_type="bert", vocab_size=41, hidden_size=15, num_hidden_layers=2, num_attention_heads=3,
    intermediate_size=20, hidden_act="gelu", hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1, max_position_embeddings=32,
    type_vocab_size=2, layer_norm_eps=1e-12, pad_token_id=0, position_embedding_type="absolute", initializer_range=0.02,
    use_cache=True,
)
roberta = {
    **bert, "architectures": ["RobertaForMaskedLM"], "model_type": "roberta", "max_position_embeddings": 34, "type_vocab_size": 1,
    "layer_norm_eps": 1e-5, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
}
gemma2 = dict(
    architectures=["Gemma2ForCausalLM"], model_type="gemma2", **decoder, head_dim=8, hidden_act="gelu_pytorch_tanh",
    hidden_activation="gelu_pytorch_tanh", rope_theta=50.0, query_pre_attn_scalar=10, sliding_window=5, sliding_window_size=5,
    attn_logit_softcapping=2.0, final_logit_softcapping=4.0, attention_bias=False, attention_dropout=0.0,
    cache_implementation="hybrid", pad_token_id=0, bos_token_id=2, eos_token_id=1,
)
phi3 = dict(
    architectures=["Phi3ForCausalLM"], model_type="phi3",
    **{**decoder, "hidden_size": 24, "num_attention_heads": 3, "num_key_value_heads": 1, "num_hidden_layers": 2},
    original_max_position_embeddings=64, hidden_act="silu", rope_theta=50.0, rope_scaling=None, sliding_window=None,
    attention_bias=False, attention_dropout=0.0, embd_pdrop=0.0, resid_pdrop=0.0, tie_word_embeddings=False, pad_token_id=0,
    bos_token_id=1, eos_token_id=2,
)
phi3_tied = {**phi3, "tie_word_embeddings": True, "partial_rotary_factor": 0.75}
olmo2 = dict(
    architectures=["Olmo2ForCausalLM"], model_type="olmo2",
    **{**decoder, "hidden_size": 24, "num_attention_heads": 3, "num_key_value_heads": 1, "num_hidden_layers": 2},
    hidden_act="silu", rope_theta=50.0, rope_scaling=None, attention_bias=False, attention_dropout=0.0, tie_word_embeddings=False,
    pad_token_id=0, bos_token_id=None, eos_token_id=2,
)
gptj = dict(
    architectures=["GPTJForCausalLM"], model_type="gptj", vocab_size=41, n_positions=64, n_embd=16, n_layer=2, n_head=2,
    n_inner=None,
    rotary=True, rotary_dim=4, activation_function="gelu_new", layer_norm_epsilon=1e-5, attn_pdrop=0.0, embd_pdrop=0.0,
    resid_pdrop=0.0, scale_attn_weights=True, initializer_range=0.02, use_cache=True, tie_word_embeddings=False, bos_token_id=40,
    eos_token_id=40,
)
bloom = dict(
    architectures=["BloomForCausalLM"], model_type="bloom", vocab_size=41, n_embed=18, n_layer=2, num_attention_heads=3,
    n_inner=None,
    layer_norm_epsilon=1e-5, apply_residual_connection_post_layernorm=False, attention_softmax_in_fp32=True,
    masked_softmax_fusion=True, offset_alibi=100, pretraining_tp=1, slow_but_exact=False, skip_bias_add=True, hidden_dropout=0.0,
    attention_dropout=0.0, initializer_range=0.02, use_cache=True, unk_token_id=0, bos_token_id=1, eos_token_id=2, pad_token_id=3,
)

weights = {
    "gpt2": gpt2,
    "gpt2-untied": gpt2_untied,
    "llama": llama,
    "llama-tied": {**llama, "tie_word_embeddings": True},
    "llama-plain": llama_plain,
    "llama-biases": {**llama, "num_hidden_layers": 2, "attention_bias": True, "mlp_bias": True},
    "mistral": mistral,
    "qwen2": qwen2,
    "qwen2-heads": {**qwen2, "num_hidden_layers": 2, "head_dim": 8, "tie_word_embeddings": False},
    "qwen3": qwen3,
    "qwen3-biases": {**qwen3, "num_hidden_layers": 2, "attention_bias": True},
    "gemma3": gemma3,
    "neox": neox,
    "neox-tied": {**neox, "tie_word_embeddings": True, "attention_bias": False},
    "opt": opt,
    "opt-350m": opt_350m,
    "bert": bert,
    "bert-untied": {**bert, "tie_word_embeddings": False},
    "roberta": roberta,
    "gemma2": gemma2,
    "phi3": phi3,
    "phi3-tied": phi3_tied,
    "olmo2": olmo2,
    "gptj": gptj,
    "bloom": bloom,
    "bloom-untied": {**bloom, "tie_word_embeddings": False},
}
# Names that files have and save_pretrained does not give: those of BLOOM begin below its prefix.
stored_prefix = {"bloom": "transformer."}

# MARK: - Variants

variants = []


def variant(name, weights_name, effect, note, **changes):
    """A variant of the base of a weights file: `effect` is "base", "changes", "same", "refused" or "undetermined"."""
    config = dict(weights[weights_name])
    for key, value in changes.items():
        if value is ABSENT:
            del config[key]
        else:
            config[key] = value
    variants.append({"name": name, "weights": weights_name, "effect": effect, "note": note, "config": config})


LONG, SHORT = [1.0, 2.0, 3.0, 5.0], [1.0, 1.1, 1.3, 1.7]
LLAMA3 = {"factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 3.0}
CAUSAL = "is_causal false: every token sees every other"

# GPT-2
variant("gpt2", "gpt2", "base", "as older files spell it")
variant("gpt2-scale-off", "gpt2", "changes", "scores are not divided by the root of the head's width", scale_attn_weights=False)
variant(
    "gpt2-scale-layer", "gpt2", "changes", "scores of layer i are divided by i + 1 as well", scale_attn_by_inverse_layer_idx=True
)
variant(
    "gpt2-scale-off-layer", "gpt2", "changes", "both: divided by i + 1 alone", scale_attn_weights=False,
    scale_attn_by_inverse_layer_idx=True
)
variant("gpt2-reorder", "gpt2", "same", "the order of operations alone", reorder_and_upcast_attn=True)
variant(
    "gpt2-reorder-scale-layer", "gpt2", "changes", "equal to gpt2-scale-layer", reorder_and_upcast_attn=True,
    scale_attn_by_inverse_layer_idx=True
)
variant(
    "gpt2-cross-attention", "gpt2", "same", "its tensors are missing and go unused without an encoder", add_cross_attention=True
)
for function, effect in {
    "gelu": "changes", "gelu_10": "changes", "gelu_python": "changes", "relu": "changes", "relu2": "changes", "silu": "changes",
    "swish": "changes", "tanh": "changes", "quick_gelu": "changes", "gelu_pytorch_tanh": "same", "gelu_python_tanh": "same",
    "gelu_fast": "same", "gelu_accurate": "same", "gelu_tanh": "refused",
}.items():
    variant("gpt2-" + function.replace("_", "-"), "gpt2", effect, "an activation by name", activation_function=function)
variant("gpt2-activation-absent", "gpt2", "same", "gelu_new is the default", activation_function=ABSENT)
variant("gpt2-epsilon", "gpt2", "changes", "layer_norm_epsilon", layer_norm_epsilon=0.1)
variant("gpt2-epsilon-absent", "gpt2", "same", "1e-5 is the default", layer_norm_epsilon=ABSENT)
variant("gpt2-layer-norm-eps", "gpt2", "same", "another family's key goes unread", layer_norm_eps=0.1)
variant(
    "gpt2-common-names", "gpt2", "same", "the names of other families stand for its own", n_positions=ABSENT, n_embd=ABSENT,
    n_layer=ABSENT, n_head=ABSENT, max_position_embeddings=32, hidden_size=15, num_hidden_layers=3, num_attention_heads=3,
)
variant("gpt2-both-names", "gpt2", "changes", "num_attention_heads wins over n_head", num_attention_heads=5)
variant("gpt2-context", "gpt2", "same", "n_ctx goes unread", n_ctx=8)
variant("gpt2-window", "gpt2", "same", "sliding_window goes unread", sliding_window=4)
variant("gpt2-not-causal", "gpt2", "changes", CAUSAL, is_causal=False)
variant("gpt2-decoder-flag", "gpt2", "same", "is_decoder goes unread", is_decoder=False)
variant("gpt2-inner-absent", "gpt2", "refused", "4 n_embd is not the width of the weights", n_inner=ABSENT)
variant("gpt2-positions", "gpt2", "refused", "fewer positions than the weights have", n_positions=24)
variant("gpt2-fewer-layers", "gpt2", "changes", "tensors of other layers are left out", n_layer=2)
variant("gpt2-head-missing", "gpt2", "undetermined", "untied without a head: a random one", tie_word_embeddings=False)
variant("gpt2-untied", "gpt2-untied", "base", "a head of its own; n_inner null is 4 n_embd")
variant(
    "gpt2-untied-flag-absent", "gpt2-untied", "same", "tied by default, but a head that differs is kept",
    tie_word_embeddings=ABSENT
)
variant("gpt2-untied-inner-wrong", "gpt2-untied", "refused", "another n_inner than the weights have", n_inner=28)

# Llama: rotary positions
variant("llama", "llama", "base", "as files before transformers 5 spell it")
variant(
    "llama-parameters", "llama", "same", "as transformers 5 spells it", rope_theta=ABSENT, rope_scaling=ABSENT,
    rope_parameters={"rope_type": "default", "rope_theta": 50.0}
)
variant("llama-base-whole", "llama", "same", "a whole number", rope_theta=50)
variant(
    "llama-parameters-root-base", "llama", "same", "rope_theta beside rope_parameters without it is read",
    rope_parameters={"rope_type": "default"}
)
variant(
    "llama-parameters-two-bases", "llama", "changes", "that within wins",
    rope_parameters={"rope_type": "default", "rope_theta": 500.0}
)
variant("llama-parameters-null", "llama", "same", "null is absent", rope_parameters=None)
variant("llama-parameters-empty", "llama", "same", "the base stands at the root", rope_parameters={})
variant("llama-base-absent", "llama", "changes", "10000 is the default", rope_theta=ABSENT)
variant("llama-base-null", "llama", "refused", "null is no number", rope_theta=None)
variant("llama-base-text", "llama", "refused", "text is no number", rope_theta="50.0")
variant("llama-base-neox", "llama", "changes", "rotary_emb_base goes unread", rope_theta=ABSENT, rotary_emb_base=500.0)
variant(
    "llama-scaling-empty", "llama", "same", "an empty rope_scaling is none", rope_scaling={},
    rope_parameters={"rope_type": "default", "rope_theta": 50.0}
)
variant("llama-linear", "llama", "changes", "by its old name", rope_scaling={"type": "linear", "factor": 4.0})
variant("llama-linear-new", "llama", "changes", "equal to llama-linear", rope_scaling={"rope_type": "linear", "factor": 4.0})
variant(
    "llama-linear-whole", "llama", "changes", "a whole number as factor; equal to llama-linear",
    rope_scaling={"type": "linear", "factor": 4}
)
variant(
    "llama-linear-parameters", "llama", "changes", "equal to llama-linear", rope_theta=ABSENT, rope_scaling=ABSENT,
    rope_parameters={"rope_type": "linear", "factor": 4.0, "rope_theta": 50.0}
)
variant(
    "llama-parameters-type", "llama", "changes", "type is rope_type; equal to llama-linear-parameters", rope_theta=ABSENT,
    rope_scaling=ABSENT, rope_parameters={"type": "linear", "factor": 4.0, "rope_theta": 50.0}
)
variant(
    "llama-linear-inner-base", "llama", "changes", "rope_theta in rope_scaling wins over that at the root",
    rope_scaling={"type": "linear", "factor": 4.0, "rope_theta": 500.0}
)
variant("llama-linear-factor-absent", "llama", "refused", "no factor", rope_scaling={"type": "linear"})
variant(
    "llama-type-two-names", "llama", "same", "rope_type wins over type",
    rope_scaling={"type": "linear", "rope_type": "default", "factor": 4.0}
)
variant("llama-type-absent", "llama", "same", "a factor without a type does nothing", rope_scaling={"factor": 4.0})
variant("llama-type-null", "llama", "refused", "null is no type", rope_scaling={"rope_type": None, "factor": 4.0})
variant("llama-default-factor", "llama", "same", "the default type has no factor", rope_scaling={"type": "default", "factor": 4.0})
variant(
    "llama-scaling-beside-parameters", "llama", "changes",
    "rope_scaling takes the place of rope_parameters, whole; equal to llama-linear",
    rope_scaling={"type": "linear", "factor": 4.0}, rope_parameters={"rope_type": "default", "rope_theta": 500.0}
)
variant(
    "llama-scaling-null-beside-parameters", "llama", "changes", "null is absent; equal to llama-linear", rope_scaling=None,
    rope_parameters={"rope_type": "linear", "factor": 4.0}
)
variant(
    "llama-base-in-parameters-lost", "llama", "changes", "rope_scaling takes their place and no base is left: 10000",
    rope_theta=ABSENT, rope_scaling={"type": "linear", "factor": 4.0},
    rope_parameters={"rope_type": "default", "rope_theta": 500.0}
)
variant(
    "llama-llama3", "llama", "changes", "as Llama 3.1",
    rope_scaling={"rope_type": "llama3", "original_max_position_embeddings": 16, **LLAMA3}
)
variant(
    "llama-llama3-original-absent", "llama", "changes", "max_position_embeddings in its stead",
    rope_scaling={"rope_type": "llama3", **LLAMA3}
)
variant(
    "llama-llama3-original-root", "llama", "changes", "one at the root is read; equal to llama-llama3",
    rope_scaling={"rope_type": "llama3", **LLAMA3}, original_max_position_embeddings=16
)
variant(
    "llama-llama3-original-two", "llama", "changes", "that at the root wins",
    rope_scaling={"rope_type": "llama3", "original_max_position_embeddings": 16, **LLAMA3}, original_max_position_embeddings=48
)
variant(
    "llama-dynamic", "llama", "changes", "sequences longer than max_position_embeddings stretch the base",
    max_position_embeddings=10, rope_scaling={"type": "dynamic", "factor": 2.0}
)
variant("llama-dynamic-short", "llama", "same", "none is longer", rope_scaling={"type": "dynamic", "factor": 2.0})
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 40}
variant("llama-yarn", "llama", "changes", "attention_factor is 0.1 ln factor + 1", rope_scaling=YARN)
variant(
    "llama-yarn-old", "llama", "changes", "equal to llama-yarn",
    rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 40}
)
variant(
    "llama-yarn-original-absent", "llama", "changes", "max_position_embeddings in its stead",
    rope_scaling={"type": "yarn", "factor": 4.0}
)
variant("llama-yarn-attention", "llama", "changes", "attention_factor as given", rope_scaling={**YARN, "attention_factor": 1.5})
variant(
    "llama-yarn-betas", "llama", "changes", "beta_fast and beta_slow", rope_scaling={**YARN, "beta_fast": 4.0, "beta_slow": 0.25}
)
variant(
    "llama-yarn-scales", "llama", "changes", "attention_factor is the quotient of two",
    rope_scaling={**YARN, "mscale": 2.0, "mscale_all_dim": 0.5}
)
variant(
    "llama-yarn-one-scale", "llama", "changes", "mscale alone goes unread; equal to llama-yarn",
    rope_scaling={**YARN, "mscale": 2.0}
)
variant("llama-yarn-untruncated", "llama", "changes", "the ramp's ends are not rounded", rope_scaling={**YARN, "truncate": False})
variant(
    "llama-yarn-factor-null", "llama", "changes", "null: max_position_embeddings over the original, 1.6",
    rope_scaling={**YARN, "factor": None}
)
variant(
    "llama-longrope", "llama", "changes", "the long factors for the sequences longer than 12",
    rope_scaling={"rope_type": "longrope", "long_factor": LONG, "short_factor": SHORT, "original_max_position_embeddings": 12}
)
variant(
    "llama-proportional", "llama", "changes", "the first half of the frequencies, the others 0",
    rope_scaling={"rope_type": "proportional", "partial_rotary_factor": 0.5}
)
variant("llama-partial", "llama", "same", "the default type does not read partial_rotary_factor", partial_rotary_factor=0.5)
variant(
    "llama-partial-inner", "llama", "same", "the default type does not read partial_rotary_factor",
    rope_scaling={"rope_type": "default", "partial_rotary_factor": 0.5}
)
variant(
    "llama-partial-linear", "llama", "refused", "the others read it, and widths no longer fit", partial_rotary_factor=0.5,
    rope_scaling={"type": "linear", "factor": 4.0}
)
for kind in ("su", "ntk", "mrope"):
    variant(
        "llama-" + kind, "llama", "refused", "an unknown type",
        rope_scaling={"type": kind, "factor": 4.0, "mrope_section": [1, 1, 2]}
    )
variant(
    "llama-by-layer", "llama", "same", "sets for each kind of layer go unread: the base stands at the root",
    rope_parameters={"full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0}}
)
variant(
    "llama-by-layer-types", "llama", "same", "nor with layer_types", layer_types=["full_attention"] * 3,
    rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": 500.0}}
)

# Llama: all else
variant("llama-head-null", "llama", "refused", "hidden_size / num_attention_heads does not fit the weights", head_dim=None)
variant("llama-head-absent", "llama", "refused", "the same", head_dim=ABSENT)
variant(
    "llama-keys-absent", "llama", "refused", "as many as num_attention_heads does not fit the weights", num_key_value_heads=ABSENT
)
variant("llama-keys-indivisible", "llama", "refused", "3 do not divide 4", num_key_value_heads=3)
variant(
    "llama-heads-indivisible", "llama", "refused", "Llama wants heads to divide hidden_size even where head_dim is given",
    num_attention_heads=5, num_key_value_heads=5
)
variant("llama-epsilon", "llama", "changes", "rms_norm_eps", rms_norm_eps=0.1)
variant("llama-epsilon-absent", "llama", "changes", "1e-6 is the default", rms_norm_eps=ABSENT)
variant("llama-epsilon-other", "llama", "same", "layer_norm_eps goes unread", layer_norm_eps=0.1)
for function in ("swish", "gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "quick_gelu"):
    effect = "same" if function == "swish" else "changes"
    variant("llama-" + function.replace("_", "-"), "llama", effect, "the gate by name", hidden_act=function)
variant("llama-gate-other", "llama", "same", "hidden_activation goes unread", hidden_activation="gelu")
variant("llama-gate-absent", "llama", "same", "silu is the default", hidden_act=ABSENT)
variant("llama-gate-null", "llama", "refused", "null is no name", hidden_act=None)
variant(
    "llama-window", "llama", "same", "sliding_window goes unread", sliding_window=4, use_sliding_window=True, max_window_layers=0
)
variant(
    "llama-layer-types", "llama", "same", "layer_types goes unread", sliding_window=4,
    layer_types=["sliding_attention", "full_attention", "sliding_attention"]
)
variant(
    "llama-layer-types-unknown", "llama", "refused", "though its names are looked at",
    layer_types=["sliding", "full_attention", "full_attention"]
)
variant("llama-layer-types-few", "llama", "refused", "and counted", layer_types=["full_attention"])
variant("llama-not-causal", "llama", "changes", CAUSAL, is_causal=False)
variant("llama-causal", "llama", "same", "as it is", is_causal=True)
variant("llama-bidirectional", "llama", "same", "use_bidirectional_attention goes unread", use_bidirectional_attention=True)
variant("llama-caps", "llama", "same", "caps go unread", attn_logit_softcapping=2.0, final_logit_softcapping=2.0)
variant(
    "llama-scalars", "llama", "same", "factors of other families go unread", query_pre_attn_scalar=3, attention_multiplier=0.5,
    embedding_multiplier=12.0, residual_multiplier=0.2, logits_scaling=8.0, logit_scale=0.5, scale_attn_weights=False
)
variant(
    "llama-experts", "llama", "same", "experts go unread", num_local_experts=4, num_experts_per_tok=2, num_experts=4,
    moe_intermediate_size=8
)
variant(
    "llama-no-rope-layers", "llama", "same", "no_rope_layers of SmolLM 3 goes unread", no_rope_layers=[1, 0, 1],
    no_rope_layer_interval=2
)
variant("llama-slices", "llama", "same", "pretraining_tp goes unread", pretraining_tp=2)
variant("llama-qk-norm", "llama", "same", "use_qk_norm goes unread", use_qk_norm=True)
variant("llama-biases-missing", "llama", "same", "biases that weights lack are 0", attention_bias=True, mlp_bias=True)
variant(
    "llama-per-layer", "llama", "refused", "per_layer_config is for other families", per_layer_config={"1": {"rms_norm_eps": 0.5}}
)
variant("llama-fewer-layers", "llama", "changes", "tensors of other layers are left out", num_hidden_layers=2)
variant("llama-more-layers", "llama", "undetermined", "tensors of layers that weights lack are random", num_hidden_layers=4)
variant("llama-vocabulary", "llama", "refused", "another vocabulary than the weights have", vocab_size=42)
variant("llama-inner", "llama", "refused", "another width than the weights have", intermediate_size=24)
variant(
    "llama-tied-flag", "llama", "same", "a head that differs from the embedding is kept, though config.json ties them",
    tie_word_embeddings=True
)
variant("llama-tied-null", "llama", "refused", "null is no choice", tie_word_embeddings=None)
variant("llama-tied-flag-absent", "llama", "same", "untied is the default", tie_word_embeddings=ABSENT)
variant(
    "llama-mixtral", "llama", "undetermined", "the weights of another family: all that it lacks is random", model_type="mixtral"
)
variant("llama-mistral", "llama", "same", "the same arithmetic under another name", model_type="mistral", sliding_window=None)
variant("llama-tied", "llama-tied", "base", "no head in the file")
variant("llama-head-missing", "llama-tied", "undetermined", "untied without a head: a random one", tie_word_embeddings=False)
variant(
    "llama-head-missing-flag-absent", "llama-tied", "undetermined", "untied is the default: a random head",
    tie_word_embeddings=ABSENT
)
variant("llama-plain", "llama-plain", "base", "head_dim and num_key_value_heads absent")
variant("llama-plain-null", "llama-plain", "same", "null is absent", head_dim=None, num_key_value_heads=None)
variant(
    "llama-plain-linear", "llama-plain", "changes", "rotary positions of a head whose width is not given",
    rope_scaling={"type": "linear", "factor": 4.0}
)
variant("llama-biases", "llama-biases", "base", "attention_bias, o_proj included, and mlp_bias")
variant("llama-biases-mlp-off", "llama-biases", "changes", "biases in the file go unread", mlp_bias=False)
variant("llama-biases-attention-off", "llama-biases", "changes", "biases in the file go unread", attention_bias=False)
variant(
    "llama-biases-intern", "llama-biases", "changes", "bias, as InternLM spells it, goes unread", attention_bias=ABSENT,
    mlp_bias=ABSENT, bias=True
)

# Mistral
variant("mistral", "mistral", "base", "every layer sees a window of 5")
variant("mistral-window-null", "mistral", "changes", "no window", sliding_window=None)
variant(
    "mistral-window-absent", "mistral", "changes", "4096 is the default, wider than these sequences; equal to mistral-window-null",
    sliding_window=ABSENT
)
variant("mistral-window-1", "mistral", "changes", "a token sees itself alone", sliding_window=1)
variant(
    "mistral-window-off", "mistral", "same", "use_sliding_window and max_window_layers go unread", use_sliding_window=False,
    max_window_layers=3
)
variant(
    "mistral-layer-types", "mistral", "changes", "with layer_types the auto classes take it for Ministral, which reads them",
    layer_types=["full_attention", "sliding_attention", "full_attention"]
)
variant("mistral-layer-types-full", "mistral", "changes", "equal to mistral-window-null", layer_types=["full_attention"] * 3)
variant("mistral-layer-types-null", "mistral", "same", "Ministral whose layers all slide", layer_types=None)
variant("mistral-layer-types-no-window", "mistral", "refused", "Ministral wants a window", layer_types=None, sliding_window=None)
variant(
    "mistral-layer-types-full-no-window", "mistral", "refused", "even where no layer slides", layer_types=["full_attention"] * 3,
    sliding_window=None
)
variant("mistral-keys-absent", "mistral", "refused", "8 is the default", num_key_value_heads=ABSENT)
variant("mistral-not-causal", "mistral", "changes", "is_causal false: a window to both sides", is_causal=False)
variant("mistral-biases", "mistral", "same", "attention_bias and mlp_bias go unread", attention_bias=True, mlp_bias=True)
variant(
    "mistral-yarn", "mistral", "changes", "as YaRN's Mistral",
    rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "finetuned": True}
)
variant(
    "mistral-parameters-root-base", "mistral", "same", "rope_theta beside rope_parameters without it is read",
    rope_parameters={"rope_type": "default"}
)
variant("mistral-base-absent", "mistral", "changes", "10000 is the default", rope_theta=ABSENT)
variant("mistral-epsilon", "mistral", "changes", "rms_norm_eps", rms_norm_eps=0.1)
variant("mistral-epsilon-absent", "mistral", "changes", "1e-6 is the default", rms_norm_eps=ABSENT)
variant(
    "mistral-keys-null", "mistral", "refused", "as many as num_attention_heads does not fit the weights", num_key_value_heads=None
)
variant(
    "mistral-scaled-positions", "mistral", "same", "llama_4_scaling_beta of Ministral goes unread",
    rope_parameters={"rope_type": "default", "rope_theta": 50.0, "llama_4_scaling_beta": 0.1, "original_max_position_embeddings": 4}
)

# Qwen 2
variant("qwen2", "qwen2", "base", "use_sliding_window is false")
variant("qwen2-window", "qwen2", "changes", "layers from max_window_layers on see a window", use_sliding_window=True)
variant("qwen2-window-all", "qwen2", "changes", "every layer", use_sliding_window=True, max_window_layers=0)
variant("qwen2-window-none", "qwen2", "same", "no layer", use_sliding_window=True, max_window_layers=3)
variant(
    "qwen2-window-layers-absent", "qwen2", "same", "28 is the default: no layer", use_sliding_window=True,
    max_window_layers=ABSENT
)
variant("qwen2-window-null", "qwen2", "same", "no window", use_sliding_window=True, sliding_window=None)
variant("qwen2-window-flag-absent", "qwen2", "same", "false is the default", use_sliding_window=ABSENT)
variant(
    "qwen2-layer-types", "qwen2", "changes", "layer_types wins over max_window_layers", use_sliding_window=True,
    layer_types=["sliding_attention", "full_attention", "full_attention"]
)
variant(
    "qwen2-layer-types-off", "qwen2", "refused", "use_sliding_window is false: there is no window for the layers that want one",
    layer_types=["sliding_attention", "full_attention", "full_attention"]
)
variant("qwen2-layer-types-full", "qwen2", "same", "no layer wants one", layer_types=["full_attention"] * 3)
variant(
    "qwen2-layer-types-null", "qwen2", "changes", "null is absent; equal to qwen2-window", use_sliding_window=True,
    layer_types=None
)
variant("qwen2-bias-off", "qwen2", "same", "attention_bias goes unread: queries, keys and values have biases", attention_bias=False)
variant("qwen2-bias-on", "qwen2", "same", "attention_bias goes unread: the output has none", attention_bias=True)
variant("qwen2-keys-absent", "qwen2", "refused", "32 is the default", num_key_value_heads=ABSENT)
variant("qwen2-keys-null", "qwen2", "refused", "as many as num_attention_heads does not fit the weights", num_key_value_heads=None)
variant(
    "qwen2-yarn", "qwen2", "changes", "as the model's card tells to add",
    rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
)
variant(
    "qwen2-dynamic", "qwen2", "changes", "sequences longer than max_position_embeddings", max_position_embeddings=10,
    rope_scaling={"type": "dynamic", "factor": 2.0}
)
variant("qwen2-not-causal", "qwen2", "changes", CAUSAL, is_causal=False)
variant(
    "qwen2-not-causal-window", "qwen2", "changes", "is_causal false: a window to both sides", is_causal=False,
    use_sliding_window=True
)
variant("qwen2-mrope-flag", "qwen2", "same", "use_mrope goes unread", use_mrope=False)
variant("qwen2-gate", "qwen2", "changes", "hidden_act", hidden_act="gelu_pytorch_tanh")
variant("qwen2-tied-absent", "qwen2", "undetermined", "untied is the default: a random head", tie_word_embeddings=ABSENT)
variant("qwen2-heads", "qwen2-heads", "base", "head_dim is read where it is given, though the family has no such key")
variant(
    "qwen2-heads-absent", "qwen2-heads", "refused", "hidden_size / num_attention_heads does not fit the weights", head_dim=ABSENT
)
variant(
    "qwen2-heads-linear", "qwen2-heads", "changes", "the same head for rotary positions",
    rope_scaling={"type": "linear", "factor": 4.0}
)

# Qwen 3
variant("qwen3", "qwen3", "base", "3 heads of 8 in a width of 16")
variant("qwen3-window", "qwen3", "changes", "as in Qwen 2", use_sliding_window=True, sliding_window=4)
variant("qwen3-window-absent", "qwen3", "same", "use_sliding_window with sliding_window null", use_sliding_window=True)
variant(
    "qwen3-window-default", "qwen3", "same", "4096 is the default of sliding_window", use_sliding_window=True,
    sliding_window=ABSENT
)
variant(
    "qwen3-layer-types", "qwen3", "changes", "as in Qwen 2", use_sliding_window=True, sliding_window=4,
    layer_types=["full_attention", "full_attention", "sliding_attention"]
)
variant(
    "qwen3-layer-types-off", "qwen3", "refused", "as in Qwen 2", sliding_window=4,
    layer_types=["full_attention", "full_attention", "sliding_attention"]
)
variant("qwen3-layer-types-old", "qwen3", "same", "attention is an old name of full_attention", layer_types=["attention"] * 3)
variant("qwen3-head-absent", "qwen3", "refused", "128 is the default", head_dim=ABSENT)
variant("qwen3-head-null", "qwen3", "refused", "null is no size", head_dim=None)
variant(
    "qwen3-yarn", "qwen3", "changes", "as the model's card tells to add",
    rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
)
variant(
    "qwen3-parameters", "qwen3", "same", "as transformers 5 spells it", rope_theta=ABSENT, rope_scaling=ABSENT,
    rope_parameters={"rope_type": "default", "rope_theta": 50.0}
)
variant("qwen3-bias-missing", "qwen3", "same", "biases that weights lack are 0", attention_bias=True)
variant("qwen3-not-causal", "qwen3", "changes", CAUSAL, is_causal=False)
variant("qwen3-epsilon", "qwen3", "changes", "of the heads' norms too", rms_norm_eps=0.1)
variant("qwen3-biases", "qwen3-biases", "base", "attention_bias, o_proj included")
variant("qwen3-biases-off", "qwen3-biases", "changes", "biases in the file go unread", attention_bias=False)

# Gemma 3
variant("gemma3", "gemma3", "base", "as its first files spell it: layers 0 and 2 slide")
FULL, SLIDING = {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000.0}, {"rope_type": "default", "rope_theta": 20.0}
variant(
    "gemma3-parameters", "gemma3", "same", "as transformers 5 spells it", rope_theta=ABSENT, rope_local_base_freq=ABSENT,
    rope_scaling=ABSENT, rope_parameters={"full_attention": FULL, "sliding_attention": SLIDING}
)
variant(
    "gemma3-parameters-root-bases", "gemma3", "same", "rope_theta and rope_local_base_freq where the sets have none",
    rope_scaling=ABSENT,
    rope_parameters={"full_attention": {"rope_type": "linear", "factor": 8.0}, "sliding_attention": {"rope_type": "default"}}
)
variant(
    "gemma3-parameters-two-bases", "gemma3", "changes", "those within win", rope_scaling=ABSENT,
    rope_parameters={"full_attention": {**FULL, "rope_theta": 100.0}, "sliding_attention": {**SLIDING, "rope_theta": 200.0}}
)
variant(
    "gemma3-parameters-full-alone", "gemma3", "same", "the other from the root", rope_scaling=ABSENT,
    rope_parameters={"full_attention": FULL}
)
variant(
    "gemma3-parameters-flat", "gemma3", "changes", "one set goes unread: each kind has its default type and the bases at the root",
    rope_scaling=ABSENT, rope_parameters=FULL
)
variant(
    "gemma3-scaling-beside-parameters", "gemma3", "changes", "rope_scaling is laid over the set of full attention",
    rope_parameters={"full_attention": {**FULL, "factor": 2.0, "rope_theta": 100.0}, "sliding_attention": SLIDING}
)
variant("gemma3-scaling-null", "gemma3", "changes", "bases alone", rope_scaling=None)
variant(
    "gemma3-scaling-old", "gemma3", "changes",
    "type beside the rope_type that transformers sets goes unread; equal to gemma3-scaling-null",
    rope_scaling={"type": "linear", "factor": 8.0}
)
variant(
    "gemma3-scaling-inner-base", "gemma3", "changes", "rope_theta in rope_scaling wins over that at the root",
    rope_scaling={"rope_type": "linear", "factor": 8.0, "rope_theta": 100.0}
)
variant(
    "gemma3-scaling-unnamed", "gemma3", "changes", "a factor without rope_type does nothing; equal to gemma3-scaling-null",
    rope_scaling={"factor": 8.0}
)
variant("gemma3-base-absent", "gemma3", "changes", "1000000 is the default", rope_theta=ABSENT)
variant("gemma3-local-absent", "gemma3", "changes", "10000 is the default", rope_local_base_freq=ABSENT)
variant(
    "gemma3-sliding-scaled", "gemma3", "changes", "a type for sliding layers", rope_theta=ABSENT, rope_local_base_freq=ABSENT,
    rope_scaling=ABSENT,
    rope_parameters={"full_attention": FULL, "sliding_attention": {**SLIDING, "rope_type": "linear", "factor": 3.0}}
)
variant(
    "gemma3-yarn", "gemma3", "changes", "rope_scaling is of full attention alone",
    rope_scaling={"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 16}
)
variant("gemma3-pattern-3", "gemma3", "changes", "layers 0 and 1 slide", sliding_window_pattern=3)
variant("gemma3-pattern-absent", "gemma3", "changes", "6 is the default: all slide", sliding_window_pattern=ABSENT)
variant(
    "gemma3-pattern-private", "gemma3", "changes", "_sliding_window_pattern goes unread; equal to gemma3-pattern-absent",
    sliding_window_pattern=ABSENT, _sliding_window_pattern=2
)
variant(
    "gemma3-layer-types", "gemma3", "changes", "layer_types wins over the pattern",
    layer_types=["full_attention", "sliding_attention", "full_attention"]
)
variant("gemma3-layer-types-full", "gemma3", "changes", "no layer slides", layer_types=["full_attention"] * 3)
variant(
    "gemma3-layer-types-chunked", "gemma3", "refused", "another kind of layer",
    layer_types=["chunked_attention", "full_attention", "full_attention"]
)
variant("gemma3-window", "gemma3", "changes", "sliding_window", sliding_window=2)
variant("gemma3-window-absent", "gemma3", "changes", "4096 is the default", sliding_window=ABSENT)
variant("gemma3-window-null", "gemma3", "refused", "no window for the layers that want one", sliding_window=None)
variant(
    "gemma3-window-null-full", "gemma3", "refused", "even where none wants it", sliding_window=None,
    layer_types=["full_attention"] * 3
)
variant("gemma3-attention-cap", "gemma3", "same", "attn_logit_softcapping goes unread", attn_logit_softcapping=2.0)
variant("gemma3-final-cap", "gemma3", "changes", "final_logit_softcapping is read", final_logit_softcapping=4.0)
variant(
    "gemma3-bidirectional", "gemma3", "changes", "full layers see everything, sliding ones |i - j| < window / 2 + 1",
    use_bidirectional_attention=True
)
variant(
    "gemma3-not-causal", "gemma3", "changes",
    "is_causal false: full layers see everything, sliding ones |i - j| within the window", is_causal=False
)
variant("gemma3-scalar", "gemma3", "changes", "query_pre_attn_scalar", query_pre_attn_scalar=3)
variant("gemma3-scalar-real", "gemma3", "refused", "a whole number is wanted", query_pre_attn_scalar=10.5)
variant("gemma3-scalar-absent", "gemma3", "changes", "256 is the default, whatever head_dim", query_pre_attn_scalar=ABSENT)
variant("gemma3-gate", "gemma3", "changes", "hidden_activation", hidden_activation="gelu")
variant("gemma3-gate-other", "gemma3", "same", "hidden_act goes unread", hidden_act="silu")
variant("gemma3-gate-silu", "gemma3", "changes", "hidden_activation", hidden_activation="silu")
variant("gemma3-head-absent", "gemma3", "refused", "256 is the default", head_dim=ABSENT)
variant("gemma3-untied", "gemma3", "undetermined", "untied without a head: a random one", tie_word_embeddings=False)
variant("gemma3-bias-missing", "gemma3", "same", "biases that weights lack are 0", attention_bias=True)

# GPT-NeoX
variant("neox", "neox", "base", "as files before transformers 5 spell it")
variant(
    "neox-parameters", "neox", "same", "as transformers 5 spells it", rotary_pct=ABSENT, rotary_emb_base=ABSENT,
    rope_parameters={"rope_type": "default", "rope_theta": 50.0, "partial_rotary_factor": 0.5}
)
variant(
    "neox-parameters-beside", "neox", "same", "old keys where rope_parameters has none", rope_parameters={"rope_type": "default"}
)
variant(
    "neox-parameters-two", "neox", "changes", "those within win",
    rope_parameters={"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 1.0}
)
variant("neox-root-base", "neox", "changes", "rope_theta at the root goes unread: 10000", rotary_emb_base=ABSENT, rope_theta=50.0)
variant("neox-root-base-beside", "neox", "same", "rope_theta at the root goes unread", rope_theta=500.0)
variant(
    "neox-root-partial", "neox", "changes", "partial_rotary_factor at the root goes unread: 0.25", rotary_pct=ABSENT,
    partial_rotary_factor=0.5
)
variant("neox-share-absent", "neox", "changes", "0.25 is the default; equal to neox-root-partial", rotary_pct=ABSENT)
variant("neox-share-whole", "neox", "changes", "the whole head", rotary_pct=1.0)
variant("neox-share-odd", "neox", "changes", "5 of 8: frequencies of 5, rounded up to 6 that turn", rotary_pct=0.625)
variant("neox-share-0", "neox", "changes", "none turns", rotary_pct=0.0)
variant("neox-linear", "neox", "changes", "rope_scaling", rope_scaling={"type": "linear", "factor": 4.0})
variant(
    "neox-linear-parameters", "neox", "changes", "rope_scaling takes the place of rope_parameters; equal to neox-linear",
    rope_scaling={"type": "linear", "factor": 4.0},
    rope_parameters={"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 1.0}
)
variant(
    "neox-linear-inner", "neox", "changes", "base and share in rope_scaling win over those at the root",
    rope_scaling={"type": "linear", "factor": 4.0, "rope_theta": 500.0, "partial_rotary_factor": 1.0}
)
variant(
    "neox-dynamic", "neox", "changes", "sequences longer than max_position_embeddings", max_position_embeddings=10,
    rope_scaling={"type": "dynamic", "factor": 2.0}
)
variant(
    "neox-yarn", "neox", "changes", "over the part that turns",
    rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
)
variant("neox-sequential", "neox", "changes", "one after the other", use_parallel_residual=False)
variant("neox-parallel-absent", "neox", "same", "parallel is the default", use_parallel_residual=ABSENT)
for function in ("gelu_new", "gelu_fast", "gelu_python", "relu", "silu"):
    effect = "same" if function == "gelu_python" else "changes"
    variant("neox-" + function.replace("_", "-"), "neox", effect, "an activation by name", hidden_act=function)
variant("neox-epsilon", "neox", "changes", "layer_norm_eps", layer_norm_eps=0.1)
variant("neox-epsilon-other", "neox", "same", "layer_norm_epsilon goes unread", layer_norm_epsilon=0.1)
variant("neox-bias-off", "neox", "changes", "biases in the file go unread", attention_bias=False)
variant("neox-not-causal", "neox", "changes", CAUSAL, is_causal=False)
variant("neox-tied-flag", "neox", "same", "a head that differs from the embedding is kept", tie_word_embeddings=True)
variant("neox-tied", "neox-tied", "base", "no head in the file, no biases in the attention")
variant("neox-tied-flag-absent", "neox-tied", "undetermined", "untied is the default: a random head", tie_word_embeddings=ABSENT)
variant(
    "neox-tied-bias-absent", "neox-tied", "same", "biases are the default, and those that weights lack are 0",
    attention_bias=ABSENT
)

# OPT
variant("opt", "opt", "base", "norms before")
variant("opt-after", "opt", "changes", "norms after; the final norm in the file goes unread", do_layer_norm_before=False)
variant("opt-no-final-norm", "opt", "changes", "the final norm in the file goes unread", _remove_final_layer_norm=True)
variant("opt-width-null", "opt", "same", "null is hidden_size", word_embed_proj_dim=None)
variant("opt-width-absent", "opt", "same", "absent is hidden_size", word_embed_proj_dim=ABSENT)
variant("opt-width-wrong", "opt", "refused", "projections and an embedding that do not fit the weights", word_embed_proj_dim=10)
variant("opt-bias-off", "opt", "changes", "biases in the file go unread", enable_bias=False)
variant("opt-norms-plain", "opt", "changes", "gains and biases of norms in the file go unread", layer_norm_elementwise_affine=False)
for function in ("gelu", "gelu_new", "silu"):
    variant("opt-" + function.replace("_", "-"), "opt", "changes", "an activation by name", activation_function=function)
variant("opt-epsilon", "opt", "same", "layer_norm_eps goes unread", layer_norm_eps=0.1)
variant(
    "opt-padding", "opt", "same", "pad_token_id moves no position: it is 2 more than the number of tokens before", pad_token_id=5
)
variant("opt-not-causal", "opt", "changes", CAUSAL, is_causal=False)
variant("opt-untied", "opt", "undetermined", "untied without a head: a random one", tie_word_embeddings=False)
variant("opt-positions", "opt", "refused", "fewer positions than the weights have", max_position_embeddings=28)
variant(
    "opt-350m", "opt-350m", "base",
    "embeddings narrower than the blocks, project_in and project_out without biases; norms after, no final norm"
)
variant(
    "opt-350m-before", "opt-350m", "changes", "norms before; the final norm that the file lacks has gain 1 and bias 0",
    do_layer_norm_before=True
)

# BERT and RoBERTa
variant("bert", "bert", "base", "the head is tied, its bias is cls.predictions.bias")
variant("bert-relative", "bert", "same", "position_embedding_type goes unread", position_embedding_type="relative_key")
for function, effect in [("gelu_new", "changes"), ("gelu_python", "same"), ("relu", "changes"), ("silu", "changes")]:
    variant("bert-" + function.replace("_", "-"), "bert", effect, "the head's layer too", hidden_act=function)
variant("bert-epsilon", "bert", "changes", "layer_norm_eps", layer_norm_eps=0.1)
variant("bert-types", "bert", "refused", "another type_vocab_size than the weights have", type_vocab_size=3)
variant("bert-types-absent", "bert", "same", "2 is the default", type_vocab_size=ABSENT)
variant("bert-padding", "bert", "same", "pad_token_id moves no position", pad_token_id=7)
variant("bert-decoder", "bert", "changes", "is_decoder: a token sees none after it", is_decoder=True)
variant("bert-cross-attention", "bert", "refused", "wants a decoder", add_cross_attention=True)
variant("bert-chunks", "bert", "same", "the order of operations alone", chunk_size_feed_forward=1)
variant("bert-head-missing", "bert", "undetermined", "untied without a head: a random one", tie_word_embeddings=False)
variant("bert-untied", "bert-untied", "base", "cls.predictions.decoder has a bias of its own, and cls.predictions.bias goes unused")
variant(
    "bert-untied-flag-absent", "bert-untied", "same", "tied by default, but a head and a bias that differ are kept",
    tie_word_embeddings=ABSENT
)
variant("roberta", "roberta", "base", "positions begin at pad_token_id + 1")
variant("roberta-padding", "roberta", "changes", "positions begin at 1", pad_token_id=0)
variant("roberta-padding-absent", "roberta", "same", "1 is the default", pad_token_id=ABSENT)
variant("roberta-padding-null", "roberta", "refused", "positions need it", pad_token_id=None)
variant(
    "roberta-padding-in-text", "roberta", "changes", "padding tokens in a text stand at pad_token_id and are not counted",
    pad_token_id=7
)
variant("roberta-relu", "roberta", "changes", "the head's layer has gelu all the same", hidden_act="relu")
variant("roberta-epsilon", "roberta", "changes", "layer_norm_eps", layer_norm_eps=0.1)
variant("roberta-decoder", "roberta", "changes", "is_decoder: a token sees none after it", is_decoder=True)
variant("roberta-relative", "roberta", "same", "position_embedding_type goes unread", position_embedding_type="relative_key_query")

# Gemma 2
variant("gemma2", "gemma2", "base", "layers 0 and 2 slide, both caps")
variant("gemma2-caps-null", "gemma2", "changes", "no cap", attn_logit_softcapping=None, final_logit_softcapping=None)
variant(
    "gemma2-caps-absent", "gemma2", "changes", "50 and 30 are the defaults", attn_logit_softcapping=ABSENT,
    final_logit_softcapping=ABSENT
)
variant("gemma2-attention-cap", "gemma2", "changes", "one alone", final_logit_softcapping=None)
variant("gemma2-final-cap", "gemma2", "changes", "one alone", attn_logit_softcapping=None)
variant(
    "gemma2-layer-types", "gemma2", "changes", "layer_types is read",
    layer_types=["full_attention", "sliding_attention", "full_attention"]
)
variant("gemma2-pattern", "gemma2", "same", "sliding_window_pattern goes unread", sliding_window_pattern=3)
variant("gemma2-window", "gemma2", "changes", "sliding_window", sliding_window=3)
variant("gemma2-window-size", "gemma2", "same", "sliding_window_size goes unread", sliding_window_size=3)
variant("gemma2-window-absent", "gemma2", "changes", "4096 is the default", sliding_window=ABSENT)
variant("gemma2-window-null", "gemma2", "refused", "no window", sliding_window=None)
variant("gemma2-scalar", "gemma2", "changes", "query_pre_attn_scalar", query_pre_attn_scalar=3)
variant("gemma2-scalar-absent", "gemma2", "changes", "256 is the default", query_pre_attn_scalar=ABSENT)
variant("gemma2-gate", "gemma2", "changes", "hidden_activation", hidden_activation="gelu")
variant("gemma2-gate-other", "gemma2", "same", "hidden_act goes unread", hidden_act="silu")
variant("gemma2-gate-absent", "gemma2", "same", "gelu_pytorch_tanh is the default", hidden_activation=ABSENT, hidden_act="gelu")
variant("gemma2-gate-null", "gemma2", "refused", "null is no name", hidden_activation=None)
variant("gemma2-base-absent", "gemma2", "changes", "10000 is the default", rope_theta=ABSENT)
variant(
    "gemma2-parameters", "gemma2", "same", "as transformers 5 spells it", rope_theta=ABSENT,
    rope_parameters={"rope_type": "default", "rope_theta": 50.0}
)
variant("gemma2-linear", "gemma2", "changes", "rope_scaling", rope_scaling={"type": "linear", "factor": 4.0})
variant(
    "gemma2-bidirectional", "gemma2", "same", "use_bidirectional_attention goes unread by eager attention, the only one with caps",
    use_bidirectional_attention=True
)
variant(
    "gemma2-not-causal", "gemma2", "changes",
    "is_causal false: full layers see everything, sliding ones |i - j| within the window", is_causal=False
)
variant("gemma2-tied-flag", "gemma2", "same", "tied is the default", tie_word_embeddings=True)
variant("gemma2-untied", "gemma2", "undetermined", "untied without a head: a random one", tie_word_embeddings=False)

# Phi-3
LONGROPE = {"type": "longrope", "long_factor": LONG, "short_factor": SHORT}
variant("phi3", "phi3", "base", "plain rotary positions")
variant("phi3-window", "phi3", "changes", "every layer", sliding_window=5)
variant(
    "phi3-longrope", "phi3", "changes", "long factors for sequences longer than 12; the attention factor is that of 64 / 12",
    original_max_position_embeddings=12, rope_scaling=LONGROPE
)
variant(
    "phi3-longrope-parameters", "phi3", "changes", "as transformers 5 spells it; equal to phi3-longrope",
    original_max_position_embeddings=12, rope_theta=ABSENT, rope_scaling=ABSENT,
    rope_parameters={
        "rope_type": "longrope", "long_factor": LONG, "short_factor": SHORT, "rope_theta": 50.0, "partial_rotary_factor": 1.0,
        "original_max_position_embeddings": 12,
    }
)
variant(
    "phi3-longrope-short", "phi3", "changes", "as many positions as before: short factors, attention factor 1",
    rope_scaling=LONGROPE
)
variant(
    "phi3-longrope-original-absent", "phi3", "changes", "4096 is the default: short factors, attention factor 1",
    original_max_position_embeddings=ABSENT, rope_scaling=LONGROPE
)
variant(
    "phi3-longrope-original-inner", "phi3", "changes", "one within goes unread; equal to phi3-longrope-original-absent",
    original_max_position_embeddings=ABSENT, rope_scaling={**LONGROPE, "original_max_position_embeddings": 12}
)
variant(
    "phi3-longrope-original-two", "phi3", "changes", "that at the root wins; equal to phi3-longrope",
    original_max_position_embeddings=12, rope_scaling={**LONGROPE, "original_max_position_embeddings": 20}
)
variant(
    "phi3-longrope-attention", "phi3", "changes", "attention_factor as given", original_max_position_embeddings=12,
    rope_scaling={**LONGROPE, "attention_factor": 1.5}
)
variant(
    "phi3-longrope-factor", "phi3", "changes", "factor in the quotient's stead", original_max_position_embeddings=12,
    rope_scaling={**LONGROPE, "factor": 32.0}
)
variant(
    "phi3-longrope-scales", "phi3", "changes", "long_mscale and short_mscale of Phi-3.5 MoE go unread; equal to phi3-longrope",
    original_max_position_embeddings=12, rope_scaling={**LONGROPE, "long_mscale": 1.4, "short_mscale": 1.2}
)
variant(
    "phi3-su", "phi3", "refused", "an old name of longrope, known too late for the original length at the root",
    original_max_position_embeddings=12, rope_scaling={**LONGROPE, "type": "su"}
)
variant(
    "phi3-su-original-inner", "phi3", "changes", "with it within; equal to phi3-longrope", original_max_position_embeddings=12,
    rope_scaling={**LONGROPE, "type": "su", "original_max_position_embeddings": 12}
)
variant(
    "phi3-yarn", "phi3", "changes", "another; equal to phi3-longrope", original_max_position_embeddings=12,
    rope_scaling={**LONGROPE, "type": "yarn"}
)
variant("phi3-linear", "phi3", "refused", "longrope alone is taken", rope_scaling={"type": "linear", "factor": 4.0})
variant(
    "phi3-longrope-count", "phi3", "refused", "as many factors as half a head", original_max_position_embeddings=12,
    rope_scaling={**LONGROPE, "long_factor": [1.0, 2.0]}
)
variant(
    "phi3-longrope-inner-base", "phi3", "changes", "rope_theta in rope_scaling wins over that at the root",
    original_max_position_embeddings=12, rope_scaling={**LONGROPE, "rope_theta": 500.0}
)
variant(
    "phi3-auto-map", "phi3", "same", "code named in config.json is not run",
    auto_map={"AutoConfig": "configuration_phi3.Phi3Config", "AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"}
)
variant("phi3-partial", "phi3", "changes", "the first 6 of 8", partial_rotary_factor=0.75)
variant(
    "phi3-partial-inner", "phi3", "changes", "equal to phi3-partial", rope_theta=ABSENT, rope_scaling=ABSENT,
    rope_parameters={"rope_type": "default", "rope_theta": 50.0, "partial_rotary_factor": 0.75}
)
variant(
    "phi3-parameters-root-base", "phi3", "same", "rope_theta beside rope_parameters without it is read", rope_scaling=ABSENT,
    rope_parameters={"rope_type": "default"}
)
variant("phi3-base-absent", "phi3", "changes", "10000 is the default", rope_theta=ABSENT)
variant("phi3-bias", "phi3", "same", "attention_bias goes unread", attention_bias=True)
variant("phi3-gate", "phi3", "changes", "hidden_act", hidden_act="gelu")
variant("phi3-epsilon", "phi3", "changes", "rms_norm_eps", rms_norm_eps=0.1)
variant("phi3-epsilon-absent", "phi3", "same", "1e-5 is the default", rms_norm_eps=ABSENT)
variant("phi3-not-causal", "phi3", "changes", CAUSAL, is_causal=False)
variant("phi3-tied", "phi3-tied", "base", "as Phi-4 mini: tied, 6 of 8 turn")
variant(
    "phi3-tied-longrope", "phi3-tied", "changes", "three factors", original_max_position_embeddings=12,
    rope_scaling={"type": "longrope", "long_factor": LONG[1:], "short_factor": SHORT[1:]}
)
variant("phi3-tied-flag-absent", "phi3-tied", "undetermined", "untied is the default: a random head", tie_word_embeddings=ABSENT)

# OLMo 2
variant("olmo2", "olmo2", "base", "norms after, those of queries and keys over all heads")
variant("olmo2-epsilon", "olmo2", "changes", "rms_norm_eps, of all norms", rms_norm_eps=0.1)
variant("olmo2-epsilon-absent", "olmo2", "same", "1e-5 is the default", rms_norm_eps=ABSENT)
variant("olmo2-linear", "olmo2", "changes", "rope_scaling", rope_scaling={"type": "linear", "factor": 4.0})
variant(
    "olmo2-yarn", "olmo2", "changes", "rope_scaling",
    rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
)
variant("olmo2-base-absent", "olmo2", "changes", "10000 is the default", rope_theta=ABSENT)
variant(
    "olmo2-parameters-root-base", "olmo2", "same", "rope_theta beside rope_parameters without it is read", rope_scaling=ABSENT,
    rope_parameters={"rope_type": "default"}
)
variant(
    "olmo2-window", "olmo2", "same", "sliding_window and layer_types of OLMo 3 go unread", sliding_window=4,
    layer_types=["sliding_attention", "full_attention"]
)
variant("olmo2-clip", "olmo2", "same", "clip_qkv of OLMo goes unread", clip_qkv=0.1)
variant("olmo2-bias-missing", "olmo2", "same", "biases that weights lack are 0", attention_bias=True)
variant("olmo2-gate", "olmo2", "changes", "hidden_act", hidden_act="gelu")
variant("olmo2-head", "olmo2", "same", "head_dim is read where it is given", head_dim=8)
variant("olmo2-head-wrong", "olmo2", "refused", "and does not fit the weights", head_dim=4)
variant(
    "olmo2-keys-absent", "olmo2", "refused", "as many as num_attention_heads does not fit the weights", num_key_value_heads=ABSENT
)
variant("olmo2-not-causal", "olmo2", "changes", CAUSAL, is_causal=False)
variant("olmo2-tied-flag", "olmo2", "same", "a head that differs from the embedding is kept", tie_word_embeddings=True)

# GPT-J
variant("gptj", "gptj", "base", "4 of 8 turn, in pairs of neighbours; one norm in a block")
variant("gptj-rotary-2", "gptj", "changes", "rotary_dim", rotary_dim=2)
variant("gptj-rotary-whole", "gptj", "changes", "rotary_dim", rotary_dim=8)
variant("gptj-rotary-null", "gptj", "refused", "hidden_size wide, more than a head", rotary_dim=None)
variant("gptj-rotary-absent", "gptj", "refused", "64 is the default, more than a head", rotary_dim=ABSENT)
variant("gptj-rotary-odd", "gptj", "refused", "an odd part", rotary_dim=3)
variant("gptj-rotary-off", "gptj", "same", "rotary goes unread", rotary=False)
variant(
    "gptj-base", "gptj", "same", "the base is 10000 whatever config.json says", rope_theta=50.0, rotary_emb_base=50.0,
    rope_scaling={"type": "linear", "factor": 4.0}
)
variant("gptj-scale-off", "gptj", "same", "scale_attn_weights goes unread", scale_attn_weights=False)
for function in ("gelu", "relu"):
    variant("gptj-" + function, "gptj", "changes", "an activation by name", activation_function=function)
variant(
    "gptj-common-names", "gptj", "same", "the names of other families stand for its own", n_positions=ABSENT, n_embd=ABSENT,
    n_layer=ABSENT, n_head=ABSENT, max_position_embeddings=64, hidden_size=16, num_hidden_layers=2, num_attention_heads=2
)
variant("gptj-both-names", "gptj", "changes", "num_attention_heads wins over n_head", num_attention_heads=4)
variant("gptj-epsilon", "gptj", "changes", "layer_norm_epsilon", layer_norm_epsilon=0.1)
variant("gptj-inner", "gptj", "refused", "another width than the weights have", n_inner=32)
variant("gptj-inner-written", "gptj", "same", "4 n_embd", n_inner=64)
variant("gptj-positions", "gptj", "refused", "a text longer than n_positions has no rotary position", n_positions=16)
variant("gptj-not-causal", "gptj", "changes", CAUSAL, is_causal=False)
variant("gptj-tied-flag", "gptj", "same", "a head that differs from the embedding is kept", tie_word_embeddings=True)

# BLOOM
variant("bloom", "bloom", "base", "3 heads; tensors without transformer., tied")
variant("bloom-2-heads", "bloom", "changes", "a power of two", num_attention_heads=2)
variant("bloom-6-heads", "bloom", "changes", "slopes of 4 and two of 8 in between", num_attention_heads=6)
variant("bloom-9-heads", "bloom", "changes", "slopes of 8 and one of 16 in between", num_attention_heads=9)
variant(
    "bloom-new-names", "bloom", "same", "as transformers writes it", n_embed=ABSENT, num_attention_heads=ABSENT, hidden_size=18,
    n_head=3
)
variant("bloom-both-widths", "bloom", "same", "n_embed wins over hidden_size", hidden_size=24)
variant("bloom-both-heads", "bloom", "same", "num_attention_heads wins over n_head", n_head=2)
variant("bloom-after", "bloom", "changes", "the residual is what the norm gives", apply_residual_connection_post_layernorm=True)
variant(
    "bloom-slices", "bloom", "changes", "the slices leave out the biases of dense and dense_4h_to_h", pretraining_tp=2,
    slow_but_exact=True
)
variant("bloom-epsilon", "bloom", "changes", "layer_norm_epsilon", layer_norm_epsilon=0.1)
variant("bloom-offset", "bloom", "same", "offset_alibi goes unread", offset_alibi=1)
variant("bloom-inner", "bloom", "same", "n_inner goes unread: 4 hidden_size", n_inner=20)
variant(
    "bloom-activation", "bloom", "same", "the tanh form of GELU whatever config.json says", hidden_act="relu",
    activation_function="relu"
)
variant("bloom-not-causal", "bloom", "changes", CAUSAL, is_causal=False)
variant("bloom-head-missing", "bloom", "undetermined", "untied without a head: a random one", tie_word_embeddings=False)
variant("bloom-untied", "bloom-untied", "base", "a head of its own, without a bias")

# MARK: - transformers


def folder_of(path, config, weights_path):
    """A folder with a config.json and weights."""
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config, indent=2))
    if weights_path is not None:
        shutil.copy(weights_path, path / "model.safetensors")
    return path


def auto(config):
    """The class that reads a config.json."""
    return AutoModelForMaskedLM if config["model_type"] in ("bert", "roberta") else AutoModelForCausalLM


def is_norm(name):
    """Whether a tensor is of a norm."""
    return re.search(r"norm|ln_(1|2|f)\.", name.lower()) is not None


def deviation(name, untied):
    """Wide, and such that activations and norms are told apart: feed-forward networks loud, embeddings that are no head faint."""
    if name.endswith("bias"):
        return 0.2
    if untied and re.search(r"embed_tokens|embed_in|wte|word_embeddings\.", name):
        return 0.05
    if re.search(r"mlp\.c_proj|dense_4h_to_h|fc2|fc_out|\d\.output\.dense", name):
        return 1.5
    return 0.8 if "down_proj" in name else 0.35


def make_weights(name, config, scratch):
    """A model of a config.json with random weights, as save_pretrained writes it."""
    source = folder_of(scratch / f"made-{name}", config, None)
    model = auto(config).from_config(AutoConfig.from_pretrained(source), attn_implementation="eager").float()
    generator = torch.Generator().manual_seed(5)
    untied = model.get_input_embeddings().weight is not model.get_output_embeddings().weight
    with torch.no_grad():
        for parameter_name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if is_norm(parameter_name) and parameter_name.endswith("weight"):
                p.copy_((0 if name.startswith("gemma") else 1) + 0.3 * noise)
            else:
                p.copy_(deviation(parameter_name, untied) * noise)
    model.save_pretrained(scratch / f"saved-{name}")
    tensors = load_file(scratch / f"saved-{name}" / "model.safetensors")
    prefix = stored_prefix.get(name, "")
    tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
    save_file(tensors, here / f"{name}.safetensors", metadata={"format": "pt"})


def log_probabilities(model, masked):
    """Log-probabilities of the tokens that there are: a list for each sequence."""
    out = []
    with torch.no_grad():
        for sequence in sequences["masked" if masked else "causal"]:
            fresh = copy.deepcopy(model)
            tokens = torch.tensor(sequence)
            if masked:
                rows = []
                for i in range(len(sequence)):
                    shown = tokens.clone()
                    shown[i] = MASK
                    rows.append(fresh(shown[None]).logits[0, i].double().log_softmax(-1)[sequence[i]].item())
                out.append(rows)
            else:
                logs = fresh(tokens[None]).logits[0, :-1].double().log_softmax(-1)
                out.append(logs.gather(1, tokens[1:, None])[:, 0].tolist())
    return out


def read(folder, config, attention="eager", seed=0):
    """What transformers makes of a folder: the model and what of it was missing and left over."""
    torch.manual_seed(seed)
    chosen = {} if attention is None else {"attn_implementation": attention}
    model, loading = auto(config).from_pretrained(folder, dtype=torch.float32, output_loading_info=True, **chosen)
    return model.eval(), sorted(loading["missing_keys"]), sorted(loading["unexpected_keys"])


def difference(a, b):
    """The largest between log-probabilities."""
    return max(abs(x - y) for s, t in zip(a, b, strict=True) for x, y in zip(s, t, strict=True))


def first_line(error, folder):
    """The error in one line without the folder's name."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    return f"{type(error).__name__}: {' '.join(lines[:2])}".replace(str(folder), "FOLDER")[:240]


def rounded(logs):
    """Seven digits."""
    return [[float(f"{x:.7g}") for x in s] for s in logs]


def run(entry, scratch):
    """`entry` with what transformers does: numbers, a refusal, or random numbers."""
    config = entry["config"]
    masked = config["model_type"] in ("bert", "roberta")
    folder = folder_of(scratch / entry["name"], config, here / f"{entry['weights']}.safetensors")
    try:
        model, missing, unexpected = read(folder, config)
        logs = log_probabilities(model, masked)
        again = log_probabilities(read(folder, config, seed=1)[0], masked) if missing else logs
    except Exception as error:
        return {"expect": {"refusal": first_line(error, folder)}}
    finite = all(math.isfinite(x) for s in logs for x in s)
    out = {"missing": missing} if missing else {}
    if unexpected:
        out["unexpected"] = unexpected
    if difference(logs, again) > 1e-6 or not finite:
        return {"expect": {"undetermined": missing}} | out
    out = {"expect": {"logProbabilities": rounded(logs)}} | out
    try:
        usual = log_probabilities(read(folder, config, attention=None)[0], masked)
        if difference(logs, usual) > 1e-4:
            out["otherAttention"] = difference(logs, usual)
    except Exception as error:
        out["otherAttention"] = first_line(error, folder)
    return out


def effect_of(result, change):
    """In the words of ``variant``."""
    if "logProbabilities" not in result["expect"]:
        return "refused" if "refusal" in result["expect"] else "undetermined"
    return "changes" if change > 5e-4 else "same" if change < 1e-5 else f"neither, {change}"


def dump(value):
    """An array with an element on each line."""
    return "[\n" + ",\n".join(json.dumps(v, separators=(",", ":"), ensure_ascii=False) for v in value) + "\n]\n"


# MARK: - Adapters

adapters = {
    "lora-plain": LoraConfig(
        r=4, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"], lora_dropout=0.05, bias="none", task_type="CAUSAL_LM"
    ),
    "lora-rank-stabilised": LoraConfig(
        r=3, lora_alpha=5, use_rslora=True, target_modules=["q_proj", "k_proj", "o_proj", "gate_proj"],
        modules_to_save=["embed_tokens", "lm_head"], bias="none", task_type="CAUSAL_LM",
    ),
    "lora-patterns": LoraConfig(
        r=2, lora_alpha=3, target_modules=["v_proj", "up_proj", "embed_tokens"], rank_pattern={"layers.1.self_attn.v_proj": 4},
        alpha_pattern={"up_proj": 7}, bias="none", task_type="CAUSAL_LM",
    ),
}


def make_adapter(name, config, scratch):
    """Writes an adapter of the llama base, and returns what the merged model computes."""
    base = next(v for v in variants if v["name"] == "llama")
    folder = folder_of(scratch / name, base["config"], here / "llama.safetensors")
    model = get_peft_model(read(folder, base["config"])[0], config)
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for _, p in model.named_parameters():
            if p.requires_grad:
                p.add_(0.3 * torch.randn(p.shape, generator=generator))
    target = here / name
    shutil.rmtree(target, ignore_errors=True)
    model.save_pretrained(target)
    for extra in target.iterdir():
        if extra.name not in ("adapter_config.json", "adapter_model.safetensors"):
            extra.unlink()
    stored = json.loads((target / "adapter_config.json").read_text())
    stored["base_model_name_or_path"] = "llama"
    for key, value in stored.items():
        if isinstance(value, list):
            stored[key] = sorted(value)
    (target / "adapter_config.json").write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n")
    # Read again as a stranger would, and merged.
    plain = read(folder, base["config"])[0]
    before = log_probabilities(plain, False)
    loaded = PeftModel.from_pretrained(plain, target).eval()
    apart = log_probabilities(loaded, False)
    merged = log_probabilities(loaded.merge_and_unload(), False)
    assert difference(apart, merged) < 1e-4, (name, difference(apart, merged))
    assert difference(before, merged) > 1e-2, name
    print(f"{name:40} {difference(before, merged):10.4g}")
    return {"name": name, "base": "llama", "expect": {"logProbabilities": rounded(merged)}}


# MARK: - All of it

with tempfile.TemporaryDirectory() as temporary:
    scratch = pathlib.Path(temporary)
    for name, config in weights.items():
        make_weights(name, config, scratch)
    bases, results, wrong = {}, [], []
    assert len({v["name"] for v in variants}) == len(variants)
    for entry in variants:
        result = run(entry, scratch)
        logs = result["expect"].get("logProbabilities")
        if entry["effect"] == "base":
            assert logs is not None and "missing" not in result and "unexpected" not in result, (entry["name"], result)
            bases[entry["weights"]] = (entry["name"], logs)
        base_name, base_logs = bases[entry["weights"]]
        change = None if logs is None else difference(logs, base_logs)
        happened = effect_of(result, change)
        if happened != entry["effect"] and entry["effect"] != "base":
            wrong.append(entry["name"])
        equal = [
            r["name"] for r in results
            if logs is not None and happened == "changes" and r["weights"] == f"{entry['weights']}.safetensors"
            and "logProbabilities" in r["expect"] and difference(logs, r["expect"]["logProbabilities"]) < 1e-5
        ]
        claimed = re.search(r"equal to (\S+)", entry["note"])
        if claimed and claimed.group(1) not in equal:
            wrong.append(entry["name"] + " (not equal)")
        other = result.pop("otherAttention", None)
        shown = result["expect"].get("refusal") or result["expect"].get("undetermined") or f"{change:.4g}"
        print(f"{entry['name']:40} {happened:12} {shown}", *([f"= {', '.join(equal)}"] if equal else []),
              *([f"[missing {len(result['missing'])}]"] if "missing" in result else []),
              *([f"[unexpected {len(result['unexpected'])}]"] if "unexpected" in result else []),
              *([f"[usual attention: {other}]"] if other is not None else []), flush=True)
        ordered = {
            "name": entry["name"], "family": weights[entry["weights"]]["model_type"], "weights": f"{entry['weights']}.safetensors",
            "config": entry["config"], "base": base_name, "expect": result["expect"],
        }
        if change is not None:
            ordered["change"] = float(f"{change:.3g}")
        results.append(ordered | {k: v for k, v in result.items() if k != "expect"} | {"note": entry["note"]})
    (here / "variants.json").write_text(dump(results))
    (here / "adapters.json").write_text(dump([make_adapter(n, c, scratch) for n, c in adapters.items()]))
    (here / "asked.json").write_text(json.dumps({
        "versions": {
            "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
            "safetensors": safetensors.__version__, "numpy": np.__version__,
        },
        "causal": sequences["causal"], "masked": sequences["masked"], "mask": MASK,
    }, separators=(",", ":")) + "\n")
    size = sum(p.stat().st_size for p in here.rglob("*") if p.is_file())
    print(f"{len(results)} variants, {size} bytes")
    if wrong:
        raise SystemExit(f"not as written: {wrong}")
