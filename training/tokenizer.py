"""The demo model's tokenizer: Qwen2's pipeline with a vocabulary made for copying.

A word has the same tokens wherever it stands: no token holds a space and a part of a word, except for some
function words, and none holds a word and a punctuation mark. What is to be copied from the middle of a
passage to the start of an answer is then the same tokens in both places, though the model has never seen the
name. Digits and Korean syllables are tokens of their own: no neighbour and no particle changes how they are
cut.

The pipeline (regular expression, normaliser, decoder) is exactly Qwen2's, for transformers puts it in place
for any model of this type, whatever tokenizer.json says.
"""

import argparse
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from training import prompts
from training.documents import LANGUAGES, World
from training.hangul import syllables
from training.words import short

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
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
APART = r"\p{N}|[\x{AC00}-\x{D7A3}]|(?:(?![\x{AC00}-\x{D7A3}])\p{L})+|\n+|[^\p{L}\p{N}]"
"""What the vocabulary is learned from: letters without what stands before them."""
FUNCTION_WORDS = short("tokenizer.function_words")
"""They have a token with the space before them, which saves a quarter of an English text's tokens."""
CONFIG = {
    # transformers takes this class for this type of model anyway; older versions look for it by name.
    "tokenizer_class": "Qwen2Tokenizer",
    "eos_token": "<|im_end|>",
    "pad_token": "<|endoftext|>",
    "model_max_length": 2048,
    "clean_up_tokenization_spaces": False,
    "chat_template": CHAT_TEMPLATE,
}
FILES = ("tokenizer.json", "tokenizer_config.json")
SYLLABLE_WEIGHT = 400
"""How often each syllable is shown to the trainer, so that all in use become tokens."""


def train(texts: Iterable[str]) -> Tokenizer:
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
    return _qwen2(learned)


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write it as transformers and vLLM read it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", "utf-8")


def copy_tokenizer(source: Path, folder: Path) -> None:
    """Put a tokenizer's files beside a model."""
    for name in FILES:
        shutil.copyfile(source / name, folder / name)


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


def made_texts(worlds: int, seed: int = 11) -> Iterator[str]:
    """Made-up passages and questions, and the texts that every prompt has."""
    random = Random(seed)
    for _ in range(worlds):
        for passage in World(random, documents=10, korean_share=0.25).passages:
            yield f"{passage.title}\n{passage.text}"
            yield from ("\n".join(fact.questions) for fact in passage.facts)
    fixed = [prompts.SYSTEM, *prompts.OTHER_SYSTEMS, "system user assistant Question: Answer:"]
    yield from (fixed + [language.refusal for language in LANGUAGES.values()]) * 3000


def main() -> None:
    """``python -m training.tokenizer OUT``: a minute or two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--worlds", type=int, default=120)
    options = parser.parse_args()
    save(train(made_texts(options.worlds)), options.out)


if __name__ == "__main__":
    main()
