"""What the shipped corpus says, so that training never does: its names, its values, its phrases."""

import json
import re
from functools import lru_cache
from pathlib import Path

from app.demo import CORPUS, QUESTIONS
from training.words import short

TOKEN = re.compile(r"\d[\d.,:]*\d|\d|[^\W\d_]+(?:['’-][^\W\d_]+)*")
YEAR = re.compile(r"(1[789]|20)\d\d")
PHRASE = 5
"""So many words in a row, the same as in the corpus, are a phrase of it."""
KINDS = frozenset(short("forbidden.kinds"))
"""Words in the corpus' names that only name kinds of things."""


@lru_cache
def corpus_texts() -> list[str]:
    """The text of every document."""
    paths = [path for path in sorted(CORPUS.rglob("*")) if path.suffix in (".md", ".txt")]
    texts = [path.read_text("utf-8") for path in paths if path.parent != CORPUS]
    notices = (CORPUS / "en" / "notices.jsonl").read_text("utf-8").splitlines()
    return texts + [f"{notice['title']}\n{notice['text']}" for notice in map(json.loads, notices)]


@lru_cache
def answers() -> list[tuple[str, str]]:
    """Kind and answer of every question."""
    rows = map(json.loads, QUESTIONS.read_text("utf-8").splitlines())
    return [(row["kind"], row["answer"]) for row in rows]


@lru_cache
def capitalised() -> frozenset[str]:
    """Words with a capital inside a sentence, in lower case: no made-up name is put together from them."""
    found: set[str] = set()
    for text in corpus_texts():
        for sentence in re.split(r"(?<=[.!?:])\s+|\n+", text.replace("# ", "")):
            inside = (match.group() for match in list(TOKEN.finditer(sentence))[1:])
            found |= {part for word in inside if word[0].isupper() for part in (word, word.split("'")[0])}
    return frozenset({word.lower() for word in found if len(word) > 1} - KINDS)


@lru_cache
def forbidden_words() -> frozenset[str]:
    """Names that are no words of our lists, and numerals except years and those below 100."""
    lists = Path(__file__).parent / "words"
    common = {
        word.lower() for path in lists.glob("*.txt") for word in re.findall(r"[^\W\d_]+", path.read_text())
    }
    prose = {word for text in corpus_texts() for word in TOKEN.findall(text) if word[0].islower()}
    names = capitalised() - common - prose - {word + "s" for word in common}
    numbers = {word for text in corpus_texts() for word in TOKEN.findall(text) if word[0].isdigit()}
    return names | {word for word in numbers if len(word) > 2 and not YEAR.fullmatch(word)}


@lru_cache
def forbidden_korean() -> tuple[str, ...]:
    """Names of people in the Korean documents, which particles follow without a space."""
    return tuple(answer for kind, answer in answers() if kind == "name" and not answer.isascii())


@lru_cache
def forbidden_phrases() -> frozenset[tuple[str, ...]]:
    """Every run of PHRASE words of the corpus, and every answer of two words or more below that."""
    found: set[tuple[str, ...]] = set()
    for text in corpus_texts():
        tokens = [token.lower() for token in TOKEN.findall(text)]
        found |= {tuple(tokens[at : at + PHRASE]) for at in range(len(tokens) - PHRASE + 1)}
    for _, answer in answers():
        tokens = [token.lower() for token in TOKEN.findall(answer)]
        found |= {tuple(tokens)} if 2 <= len(tokens) < PHRASE else set()
    return frozenset(found)


def leaks(text: str) -> list[str]:
    """Names, values and phrases of the corpus that are in a text."""
    tokens = [token.lower() for token in TOKEN.findall(text)]
    words = forbidden_words()
    found = [token for token in tokens if token in words]
    if not text.isascii():
        found += [name for name in forbidden_korean() if name in text]
    phrases = forbidden_phrases()
    for size in range(2, PHRASE + 1):
        runs = zip(*(tokens[start:] for start in range(size)), strict=False)
        found += [" ".join(run) for run in runs if run in phrases]
    return found
