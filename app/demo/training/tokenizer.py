"""The demo model's tokenizer: byte-level BPE made so that a copy has the same tokens as what it copies.

- A word has the same tokens at the start of a line as inside one: a space is put behind each line break before
  tokenizing and taken away again when decoding. An answer starts a line (behind ``<|im_start|>assistant``), and
  what it copies stands inside one; without this the model would have to spell every unseen name anew.
- Digits, punctuation marks and Korean syllables are tokens of their own: no number, and no Korean particle,
  changes how its neighbours are cut.
"""

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
HANGUL = r"\x{AC00}-\x{D7A3}"
PIECES = (
    r"'(?:[sdmt]|ll|ve|re)(?![^\W\d_])"
    r"| ?\p{N}"
    rf"| (?=[{HANGUL}])"
    rf"|[{HANGUL}]"
    rf"| ?(?:(?![{HANGUL}])\p{{L}})+"
    r"| ?[^\s\p{L}\p{N}]"
    r"|\n+"
    r"|\s"
)
SYLLABLE_WEIGHT = 400
"""How often each syllable is shown to the trainer, so that all in use become tokens."""


def untrained() -> Tokenizer:
    """The pipeline, with an empty vocabulary."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\n(?=[^\n])"), "\n ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    # The last one is for texts that begin with the answer: engines that decode no prompt before it.
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteLevel(), decoders.Replace("\n ", "\n"), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


def train(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Train on texts, and on every Korean syllable in use."""
    tokenizer = untrained()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    lines = ["".join(syllables())] * SYLLABLE_WEIGHT
    tokenizer.train_from_iterator([*texts, *lines], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHAT_TEMPLATE,
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )
