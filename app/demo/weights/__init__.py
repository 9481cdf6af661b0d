"""The demo model's weights, tokenizer and card: a model folder as transformers and vLLM read it."""

from pathlib import Path

WEIGHTS = Path(__file__).parent
