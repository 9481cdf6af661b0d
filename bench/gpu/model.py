"""A model of the reference's shape with random weights: speed depends on the shape, not on what it says.

Nothing can be fetched where this runs, so the tokenizer is made as well: the demo model's, extended to the
reference's vocabulary by tokens joined from its own. Its ids all have a text, as a random model picks any of
them, and an answer without text has no first token to measure.
"""

import json
import shutil
from itertools import product
from pathlib import Path
from typing import Any

from app.demo.weights import WEIGHTS

# Qwen2.5-1.5B-Instruct's config.json.
SHAPE = {
    "hidden_size": 1536,
    "intermediate_size": 8960,
    "num_hidden_layers": 28,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32768,
    "max_window_layers": 21,
    "vocab_size": 151936,
    "rope_theta": 1000000.0,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
}
TINY = SHAPE | {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
"""For trying the benchmark itself, on any machine."""
LONGEST_WORD = 6


def write_model(folder: Path, *, tiny: bool = False) -> Path:
    """Write the model folder, once; its weights are the same each time.

    Args:
        folder: of the model.
        tiny: the small shape.
    """
    if (folder / "done").is_file():
        return folder
    import torch
    from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder, int(SHAPE["vocab_size"]))
    settings = json.loads((WEIGHTS / "config.json").read_text("utf-8"))
    ends = {name: settings[name] for name in ("eos_token_id", "pad_token_id", "bos_token_id")}
    config = Qwen2Config(**(TINY if tiny else SHAPE), **ends, dtype="bfloat16")
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = Qwen2ForCausalLM(config).to(torch.bfloat16)
    model.generation_config = GenerationConfig(**ends)
    model.save_pretrained(folder)
    (folder / "done").touch()
    return folder


def write_tokenizer(folder: Path, vocabulary: int) -> None:
    """The demo's tokenizer with more tokens; its own come first, so texts are cut as by the demo's.

    Args:
        folder: gets tokenizer.json and tokenizer_config.json.
        vocabulary: tokens in all.
    """
    shutil.copy(WEIGHTS / "tokenizer_config.json", folder)
    tokenizer = json.loads((WEIGHTS / "tokenizer.json").read_text("utf-8"))
    extend(tokenizer["model"], vocabulary)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), "utf-8")


def extend(model: dict[str, Any], vocabulary: int) -> None:
    """Add tokens and their merges to a BPE model until it has so many.

    Args:
        model: the part ``model`` of a tokenizer.json.
        vocabulary: tokens in all.
    """
    known: dict[str, int] = model["vocab"]
    letters = [token for token in known if token.isascii() and token.isalpha() and len(token) <= LONGEST_WORD]
    starts = [token for token in known if token[0] == "Ġ" and token[1:].isascii() and token[1:].isalpha()]
    free = iter(sorted(set(range(vocabulary)) - set(known.values())))
    # Latest first: the common ones stay as they are, so prompts keep their length.
    for first, second in product(reversed(starts), reversed(letters)):
        if len(known) == vocabulary:
            return
        if first + second not in known:
            known[first + second] = next(free)
            model["merges"].append([first, second])
    raise ValueError(f"the tokenizer can't be extended to {vocabulary} tokens")
