"""The demo model's tokenizer: Qwen2's pipeline with a vocabulary made for copying.

A word has the same tokens wherever it stands: no token holds a space and a part of a word, except for some
function words, and none holds a word and a punctuation mark. What is to be copied from the middle of a passage to
the start of an answer is then the same tokens in both places, though the model has never seen the name. Digits and
Korean syllables are tokens of their own, so no neighbour and no particle changes how they are cut.

The pipeline (regular expression, normaliser, decoder) is exactly Qwen2's, for transformers puts it in place for any
model of this type, whatever tokenizer.json says.
"""

import json
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from app.demo.training.hangul import syllables

VOCABULARY = 8192
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
END = SPECIAL.index("<|im_end|>")
PAD = SPECIAL.index("<|endoftext|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
"""Qwen2's chat format (ChatML), without its default system message and tools."""
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
APART = r"\p{N}|[\x{AC00}-\x{D7A3}]|(?:(?![\x{AC00}-\x{D7A3}])\p{L})+|\n+|[^\p{L}\p{N}]"
"""What the vocabulary is learned from: letters without what stands before them."""
FUNCTION_WORDS = (
    "the a an of and to in on at is was are were by with for from it its that has have had no not one must can who "
    "which when where each every be been or as after before into under until so than what how did does do"
).split()
"""They have a token with the space before them, which saves a quarter of an English text's tokens."""
SYLLABLE_WEIGHT = 400
"""How often each syllable is shown to the trainer, so that all in use become tokens."""


def train(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Train on texts, and on every Korean syllable in use."""
    learned = Tokenizer(models.BPE())
    learned.normalizer = normalizers.NFC()
    learned.pre_tokenizer = _split(APART)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(FUNCTION_WORDS),
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    lines = ["".join(syllables())] * SYLLABLE_WEIGHT
    learned.train_from_iterator([*texts, *lines, " ".join(FUNCTION_WORDS * 1000)], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=_qwen2(learned),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHAT_TEMPLATE,
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )


def _qwen2(learned: Tokenizer) -> Tokenizer:
    """The vocabulary with the function words, in Qwen2's pipeline."""
    state = json.loads(learned.to_str())
    for word in FUNCTION_WORDS:
        if word not in state["model"]["vocab"]:
            raise ValueError(f"{word!r} is no token")
        state["model"]["vocab"]["Ġ" + word] = len(state["model"]["vocab"])
        state["model"]["merges"].append(["Ġ", word])
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.pre_tokenizer = _split(QWEN2)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _split(pattern: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
