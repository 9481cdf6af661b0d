"""A model of Qwen2's shape with random weights, for tests that need tokens and no sense.

It is quick, and it never ends an answer before its max_tokens.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from tokenizers.normalizers import NFC
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from app.demo import CORPUS
from training.tokenizer import CHAT_TEMPLATE, END, PAD, SPECIAL

VOCABULARY = 4096


def make_random_model(folder: Path, *, seed: int = 0) -> None:
    """Write the model to `folder`.

    Args:
        folder: where it goes.
        seed: of the weights.
    """
    _tokenizer().save_pretrained(folder)
    _weights(seed).save_pretrained(folder)


def _tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [path.read_text("utf-8") for path in sorted(CORPUS.rglob("*.md"))]
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHAT_TEMPLATE,
        model_max_length=4096,
    )


def _weights(seed: int) -> Qwen2ForCausalLM:
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=704,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        tie_word_embeddings=False,
        # Qwen2's 0.02 would leave logits so close together that a rounding decides between tokens;
        # this spreads them like a trained model's.
        initializer_range=0.08,
        bos_token_id=None,
        eos_token_id=END,
        pad_token_id=PAD,
        dtype="bfloat16",
    )
    model = Qwen2ForCausalLM(config).to(torch.bfloat16)
    model.generation_config.eos_token_id = config.eos_token_id
    return model
