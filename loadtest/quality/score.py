"""How right an answer is: exact match and token F1; case, punctuation, articles and spaces don't count.

Only the standard library: whoever trains a model scores it by this file too.
"""

import re
import unicodedata
from collections import Counter

ARTICLE = re.compile(r"\b(a|an|the)\b")
REFUSAL = ("not in the documents", "문서에 없")


def normalise(text: str) -> str:
    """Lower case, without punctuation and articles, single spaces."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"(?<=\d)[,.:](?=\d)", "", text)
    text = "".join(
        " " if unicodedata.category(character).startswith("P") else character for character in text
    )
    return " ".join(ARTICLE.sub(" ", text).split())


def exact(answer: str, expected: str) -> float:
    """1 if both are the same once normalised."""
    return float(normalise(answer) == normalise(expected))


def f1(answer: str, expected: str) -> float:
    """Harmonic mean of the shares of words that both have."""
    got, wanted = normalise(answer).split(), normalise(expected).split()
    shared = sum((Counter(got) & Counter(wanted)).values())
    return 2 * shared / (len(got) + len(wanted)) if shared else 0.0


def refused(answer: str) -> bool:
    """Whether it says that the documents don't hold the answer."""
    return any(words in answer for words in REFUSAL)
