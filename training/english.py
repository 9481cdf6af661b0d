"""Fills the slots of English templates."""

import re
from collections.abc import Callable
from functools import lru_cache
from random import Random

from training import names, quantities
from training.english_values import (
    DIMENSIONS,
    OWN_ROLE,
    NounValue,
    Thing,
    VerbValue,
    actor,
    adjective,
    count,
    interval,
    material,
    objpp,
    plain,
    role_value,
    site,
    within,
)
from training.frames import phrases
from training.procedures import Procedure
from training.template import Scope, Value
from training.values import Text
from training.words import short, words

GENERATORS: dict[str, Callable[[Random], Value]] = {
    "noun": NounValue,
    "np": lambda r: Thing(r, bare=False),
    "obj": lambda r: Thing(r, bare=False),
    "verb": VerbValue,
    "adj": adjective,
    "role": role_value,
    "person": lambda r: Text(names.person(r)),
    "place": names.Place,
    "inn": lambda r: names.Place(r, inn=True),
    "placepp": site,
    "unit": lambda r: Text(r.choice(quantities.units()[r.choice(("temperature", "time", "length", "mass"))])),
    "anyqty": lambda r: quantities.Quantity(r, "any"),
    "bigmass": lambda r: quantities.Quantity(r, r.choice(("mass", "volume", "length"))),
    "qtime": lambda r: quantities.Quantity(r, "time"),
    "within": within,
    "interval": interval,
    "count": lambda r: count(r, "en_count_nouns"),
    "count_people": lambda r: count(r, "en_people"),
    "count_small": lambda r: count(r, "en_count_nouns", small=True),
    "clock": lambda r: Text(quantities.clock(r)),
    "clock_word": lambda r: Text(quantities.clock_word(r)),
    "clockrange": lambda r: Text(f"{quantities.clock(r)} to {quantities.clock(r)}"),
    "month": lambda r: Text(r.choice(quantities.MONTHS)),
    "weekday": lambda r: Text(r.choice(quantities.WEEKDAYS)),
    "year": lambda r: Text(quantities.year(r)),
    "date": lambda r: Text(quantities.date(r)),
    "daterange": lambda r: Text(f"{quantities.day(r)} and {quantities.day(r)}"),
    "ordinal": lambda r: Text(
        r.choice(["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "top"])
    ),
    "smallword": lambda r: Text(quantities.small_word(r)),
    "bignum_word": lambda r: Text(quantities.small_word(r)),
    "nick": lambda r: Text(names.nickname(r)),
    "nick2": lambda r: Text(f"{names.word_name(r)} {names.word_name(r)}"),
    "phone": lambda r: Text(str(r.randrange(100, 99999))),
    "version": lambda r: Text(f"{r.randrange(1, 40)}" + (f".{r.randrange(30)}" if r.random() < 0.5 else "")),
    "material": material,
    "mass_noun": lambda r: Text(r.choice(words("en_mass"))),
    "colour": lambda r: plain(r.choice(words("en_colours"))),
    "manner": lambda r: Text(r.choice(words("en_manner"))),
    "dim": lambda r: Text(r.choice(DIMENSIONS)),
    "actor": actor,
    "objpp": objpp,
    "pron_pl": lambda r: Text("they"),
}


@lru_cache
def _lists() -> dict[str, str]:
    return {"cond": "if", "before": "before", "goal": "goal", "aftergoal": "aftergoal", "who3": "who3"}


class Phrase:
    """A phrase of a list; shown again it may take its other alternatives."""

    def __init__(self, name: str, scope: Scope, prefix: str = "") -> None:
        self._template = scope.random.choice(phrases("en")[name])
        self._scope = Scope(scope.random, scope.fill, self._template.generators, scope.outer)
        self._first = ""

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """Forms: on, which puts ``on`` before it."""
        text = self._template.render(self._scope, question=question)
        if not self._first or (question and self._scope.random.random() < 0.6):
            self._first = self._first or text
        else:
            text = self._first
        return f"on {text}" if form == "on" else text


def fill(generator: str, scope: Scope) -> Value:
    """A value from a generator, a list of phrases, a kind of quantity or the words given (``=a|b``)."""
    if generator.startswith("="):
        return plain(scope.random.choice(generator[1:].split("|")))
    if generator == "role" and scope.random.random() < OWN_ROLE:
        return role_value(scope.random, getattr(scope.outer["E"], "noun", ""))
    if generator in GENERATORS:
        return GENERATORS[generator](scope.random)
    if generator in quantities.units():
        return quantities.Quantity(scope.random, generator)
    if generator in ("vp", "vppart", "vpcore"):
        return Procedure(scope, passive=generator == "vppart", core=generator == "vpcore")
    return Phrase(_lists().get(generator, generator), scope)


class Sentence:
    """How English sentences begin, end and grow."""

    @staticmethod
    def statement(random: Random, text: str) -> str:
        """With a capital and a full stop."""
        text = _tidy(text)
        return text if text.endswith(".") else text + "."

    @staticmethod
    def question(random: Random, text: str) -> str:
        """With a capital; rarely without it, or without its question mark."""
        text = _tidy(text)
        shape = random.random()
        if shape < 0.03:
            return text.rstrip("?")
        if shape < 0.06:
            return text[:1].lower() + text[1:]
        if shape < 0.08:
            return (
                random.choice(("Please tell me: ", "I would like to know: ", "Tell me, "))
                + text[:1].lower()
                + text[1:]
            )
        return text

    @staticmethod
    def answer(text: str) -> str:
        """As it is."""
        return text

    @staticmethod
    def with_tail(statement: str, tail: str) -> str:
        """A clause behind."""
        return _tidy(f"{statement.rstrip('.')}, {tail}.")

    @staticmethod
    def with_ante(statement: str, ante: str) -> str:
        """A phrase before; the sentence's first word loses its capital unless it is a name."""
        head = statement.split(" ", 1)[0]
        small = head.lower() in STARTERS
        return _tidy(f"{ante}, {statement[:1].lower() + statement[1:] if small else statement}")


STARTERS = frozenset(short("english.starters"))


def _tidy(text: str) -> str:
    text = text.replace(" ,", ",").replace(" .", ".").replace(" ?", "?").replace("  ", " ").strip()
    text = re.sub(r"\b([Aa]) (?=[aeiou])(?!uni|eu|one)", r"\1n ", text)
    return text[:1].upper() + text[1:]
