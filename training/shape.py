"""The demo model's shape: Qwen2, as deep as its size allows, for copying needs layers more than width."""

from transformers import Qwen2Config

from training.tokenizer import END, PAD, VOCABULARY

POSITIONS = 2048


def config(*, layers: int = 10, width: int = 384) -> Qwen2Config:
    """19.4 million parameters as it is; fewer layers and less width are for trying things."""
    return Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=width * 8 // 3,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        num_key_value_heads=max(1, width // 128),
        max_position_embeddings=POSITIONS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=END,
        pad_token_id=PAD,
        dtype="float32",
    )
