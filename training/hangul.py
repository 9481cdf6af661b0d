"""Korean syllables, particles and verb forms."""

import re
from functools import lru_cache
from random import Random

from training.words import WORDS, short

FIRST, LAST = 0xAC00, 0xD7A3
FINALS = 28
N, L = 4, 8
"""Numbers of the final consonants ㄴ and ㄹ."""
DIGITS = {"0": 21, "1": L, "2": 0, "3": 16, "4": 0, "5": 0, "6": 1, "7": L, "8": L, "9": 0}
"""The final consonant that a digit is read with."""
PARTICLE = re.compile(
    r"(은/는|이/가|을/를|과/와|으로/로|이다/다|이며/며|이고/고|이었다/였다|이라는/라는|이라고/라고)"
)


def final(character: str) -> int:
    """Number of the final consonant that a word ends in when read aloud; 0: a vowel."""
    if FIRST <= ord(character) <= LAST:
        return (ord(character) - FIRST) % FINALS
    return DIGITS.get(character, 0)


def with_final(word: str, consonant: int) -> str:
    """The word with another final consonant in its last syllable."""
    code = ord(word[-1])
    return word[:-1] + chr(code - (code - FIRST) % FINALS + consonant)


def particles(text: str) -> str:
    """``둑은/는`` → ``둑은``; a gloss in brackets is passed over."""
    while match := PARTICLE.search(text):
        before = re.sub(r"\([^()]*\)$", "", text[: match.start()]).rstrip()
        closed, open_ = match.group().split("/")
        ending = final(before[-1]) if before else 0
        if closed == "으로" and ending == L:
            ending = 0
        text = text[: match.start()] + (closed if ending else open_) + text[match.end() :]
    return text


class KoreanVerb:
    """A verb by its stem and its past stem (``닦``, ``닦았``)."""

    def __init__(self, stem: str, past: str) -> None:
        self.stem, self.past = stem, past
        code = final(stem[-1])
        soft = with_final(stem, 0) if code == L else stem
        self._open = not final(soft[-1])
        self._soft = soft

    def form(self, name: str) -> str:
        """By a template's name for it."""
        stem = self.stem
        adnominal = with_final(self._soft, N) if self._open else self._soft + "은"
        if stem == "굽":
            adnominal = "구운"
        must = self.past[:-1] + with_final(self.past[-1], 0)
        if stem.endswith("하"):
            must = stem[:-1] + "해"
        forms = {
            "present": with_final(self._soft, N) + "다" if self._open else self._soft + "는다",
            "presentq": self._soft + "는가",
            "past": self.past + "다",
            "pastq": self.past + "는가",
            "conn": stem + "고",
            "before": stem + "기",
            "adn": adnominal,
            "adnp": self._soft + "는",
            "when": with_final(self._soft, L) if self._open else self._soft + "을",
            "if": self._soft + "면"
            if not final(stem[-1])
            else stem + ("면" if final(stem[-1]) == L else "으면"),
            "must": must + "야 한다",
            "mustq": must + "야 하는가",
            "neg": stem + "지 않는다",
        }
        return forms.get(name, stem)


@lru_cache
def korean_verbs() -> list[KoreanVerb]:
    """The verbs of the list."""
    lines = (WORDS / "ko_verbs.txt").read_text("utf-8").splitlines()
    return [KoreanVerb(*line.split()) for line in lines if line.strip()]


@lru_cache
def syllables() -> list[str]:
    """The 2,350 syllables of KS X 1001, the ones in use."""
    # Others take a sequence of eight bytes, where the codec knows it.
    found = []
    for code in range(FIRST, LAST + 1):
        if len(chr(code).encode("euc_kr", "ignore")) == 2:
            found.append(chr(code))
    return found


SURNAMES = short("hangul.surnames")
GIVEN = short("hangul.given")


def name(random: Random, length: int) -> str:
    """So many syllables, mostly of those that names have."""
    return "".join(
        random.choice(GIVEN) if random.random() < 0.55 else random.choice(syllables()) for _ in range(length)
    )


def person(random: Random) -> str:
    """Surname and a given name of two syllables, rarely one or three."""
    return random.choice(SURNAMES) + name(random, random.choice((2, 2, 2, 2, 2, 2, 1, 3)))
