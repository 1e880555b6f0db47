"""Reads a GGUF file of Gemma 3 with transformers and writes what it read as a Hugging Face folder.

    python gemma_folder.py --gguf out/gemma3-270m.gguf --out out/bench/gemma3-270m

Made with torch 2.15.0, transformers 5.24.0 and gguf 0.19.0. Dequantizing takes some minutes, so it is done once.
"""

import argparse
import os

import torch
import transformers

parser = argparse.ArgumentParser()
parser.add_argument("--gguf", required=True)
parser.add_argument("--out", required=True)
arguments = parser.parse_args()

folder, name = os.path.split(os.path.abspath(arguments.gguf))
model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
# transformers saves no model that it calls quantized, though all its numbers are float32 by now.
config = model.config
if hasattr(config, "quantization_config"):
    del config.quantization_config
plain = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
plain.load_state_dict(model.state_dict())
plain.save_pretrained(arguments.out)
