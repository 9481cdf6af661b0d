"""Word lists, and English inflection of what is in them."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

WORDS = Path(__file__).parent / "words"
VOWELS = "aeiou"
PHRASES = ("en_manner", "en_actors", "en_actions", "ko_terms")
"""Lists of a phrase a line."""


@lru_cache
def words(name: str) -> list[str]:
    """The words of a list, without repeats; a list of phrases has one a line."""
    text = (WORDS / f"{name}.txt").read_text("utf-8")
    parts = text.splitlines() if name in PHRASES else text.split()
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


@lru_cache
def short(name: str) -> list[str]:
    """One of the short lists of ``lists.txt``, such as ``names.onsets``."""
    for line in (WORDS / "lists.txt").read_text("utf-8").splitlines():
        key, _, rest = line.partition(": ")
        if key == name:
            return rest.split("|")
    raise KeyError(name)


def plural(noun: str) -> str:
    """``hatch`` → ``hatches``; of several words the last."""
    if noun.endswith(("s", "x", "ch", "sh", "z")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in VOWELS:
        return noun[:-1] + "ies"
    if noun.endswith(("leaf", "loaf", "wolf", "calf", "shelf")):
        return noun[:-1] + "ves"
    if noun.endswith("knife"):
        return noun[:-2] + "ves"
    if noun.endswith("man") and noun != "human":
        return noun[:-2] + "en"
    irregular = {"mouse": "mice", "goose": "geese", "sheep": "sheep", "deer": "deer", "child": "children"}
    return irregular.get(noun, noun + "s")


def article(phrase: str) -> str:
    """``a`` or ``an`` before the phrase."""
    vowel = phrase[:1].lower() in VOWELS and not re.match(r"(?i)(one|uni|use|eu|ut)", phrase)
    return f"{'an' if vowel or re.match(r'(?i)(hour|hon)', phrase) else 'a'} {phrase}"


def compare(adjective: str, ending: str) -> str:
    """``er`` or ``est``; longer adjectives take more and most."""
    if len(adjective) > 6 or adjective.endswith(("ed", "en", "er", "al", "ic", "st")):
        return ("more " if ending == "er" else "most ") + adjective
    if adjective.endswith("e"):
        return adjective + ending[1:]
    if adjective.endswith("y"):
        return adjective[:-1] + "i" + ending
    return adjective + ending


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb's forms."""

    base: str
    third: str
    past: str
    participle: str
    ing: str

    def form(self, name: str) -> str:
        """By a template's name for it."""
        forms = {"3rd": self.third, "past": self.past, "part": self.participle, "ing": self.ing}
        return forms.get(name, self.base)


def verb(entry: str) -> Verb:
    """A verb from its entry: ``stop*`` doubles its last letter, ``hide(hid,hidden)`` is irregular."""
    match = re.fullmatch(r"([a-z-]+)(\*?)(?:\(([a-z]+),([a-z]+)\))?", entry)
    if match is None:
        raise ValueError(entry)
    base, double, past, participle = match.groups()
    stem = base + base[-1] if double or base in ("cut", "split", "run", "forbid", "dig", "let") else base
    if base.endswith(("s", "x", "ch", "sh", "z", "o")):
        third = base + "es"
    elif base.endswith("y") and base[-2] not in VOWELS:
        third, stem = base[:-1] + "ies", base
    else:
        third = base + "s"
    if base.endswith("y") and base[-2] not in VOWELS:
        regular = base[:-1] + "ied"
    else:
        regular = base + "d" if base.endswith("e") else stem + "ed"
    ing = stem[:-1] + "ing" if base.endswith("e") and not base.endswith(("ee", "ye")) else stem + "ing"
    if base.endswith("ie"):
        ing = base[:-2] + "ying"
    return Verb(base, third, past or regular, participle or past or regular, ing)


@lru_cache
def verbs() -> list[list[Verb]]:
    """Sets of verbs of one meaning; a first word's doubling mark holds for itself alone."""
    lines = (WORDS / "en_verbs.txt").read_text("utf-8").splitlines()
    return [[verb(entry) for entry in line.split()] for line in lines if line.strip()]
