"""Fills the slots of English templates."""

import re
from collections.abc import Callable
from functools import lru_cache
from random import Random

from app.demo.training import names, quantities
from app.demo.training.frames import phrases
from app.demo.training.procedures import Procedure
from app.demo.training.template import Scope, Value
from app.demo.training.values import Text
from app.demo.training.words import Verb, article, compare, plural, verbs, words

DIMENSIONS = ("long", "wide", "high", "deep", "tall", "across", "thick")
INTERVALS = ("seconds", "minutes", "hours", "days", "weeks", "nights", "months", "years")
OWN_ROLE = 0.12
"""Share of jobs that are named after the document's subject: in a question both then have the same word."""
SITES = "under beside behind above inside below near opposite".split()


class VerbValue:
    """A verb; a synonym of its set on request."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._set = random.choice(verbs())
        self._verb: Verb = random.choice(self._set)

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """Forms: 3rd, past, part, ing, and the base."""
        other = synonym and self._random.random() < 0.5
        return (self._random.choice(self._set) if other else self._verb).form(form)


class Thing:
    """A noun phrase: noun, maybe with adjectives before it and a phrase behind it."""

    def __init__(self, random: Random, *, bare: bool) -> None:
        self._random = random
        self._noun = noun(random)
        self._adjective = _describing(random) if not bare and random.random() < 0.5 else ""
        self._of = ""
        if not bare and random.random() < 0.12:
            self._of = " of the " + noun(random)
        if not bare and random.random() < 0.05:
            self._adjective = names.word_name(random)

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """Forms: a, def, bare, s (plural); questions now and then leave the adjective out."""
        leave_out = question and self._adjective and self._random.random() < 0.1
        before = f"{self._adjective} " if self._adjective and not leave_out else ""
        if form.endswith("s"):
            return f"{before}{plural(self._noun)}"
        phrase = f"{before}{self._noun}"
        if form == "bare":
            return phrase
        return (article(phrase) if form == "a" else f"the {phrase}") + self._of


def _describing(random: Random) -> str:
    return random.choice(words("en_adjectives" if random.random() < 0.75 else "en_more"))


def noun(random: Random) -> str:
    """A noun, at times a compound or a word that doesn't exist."""
    word = random.choice(words("en_nouns" if random.random() < 0.7 else "en_more"))
    shape = random.random()
    if shape < 0.22:
        return f"{random.choice(words('en_nouns'))} {word}"
    if shape < 0.25:
        return names.syllables(random).lower()
    return word


class NounValue(Text):
    """A noun on its own."""

    def __init__(self, random: Random, word: str | None = None) -> None:
        word = word or noun(random)
        super().__init__(word, s=plural(word), a=article(word), the=f"the {word}")


def role(random: Random) -> str:
    """A job, at times with a rank or a field."""
    word = random.choice(words("en_roles" if random.random() < 0.9 else "en_more"))
    shape = random.random()
    if shape < 0.3:
        return f"{random.choice(words('en_role_adjectives'))} {word}"
    if shape < 0.42:
        return f"{random.choice(words('en_nouns'))} {word}"
    return word


def count(random: Random, nouns: str, *, small: bool = False) -> Text:
    """A number of things: ``9,400 striped barrels``."""
    things = random.choice(words(nouns)) if random.random() < 0.75 else plural(noun(random))
    shape = random.random()
    if shape < 0.25:
        things = f"{random.choice(words('en_adjectives'))} {things}"
    elif shape < 0.35:
        things = f"{random.choice(words('en_nouns'))} {things}"
    elif shape < 0.42:
        things = f"{names.word_name(random)} {things}"
    elif shape < 0.5:
        things = f"{random.choice(words('en_adjectives'))} {random.choice(words('en_materials'))} {things}"
    many = quantities.small_word(random) if small or random.random() < 0.08 else quantities.number(random, decimals=False)
    return Text(f"{many} {things}", noun=things, unit=things)


def site(random: Random) -> Text:
    """A place described: ``in a tin under the stairs``."""
    thing = Thing(random, bare=False).show("a" if random.random() < 0.5 else "", synonym=False, question=False)
    if random.random() < 0.25:
        thing = f"the {random.choice(words('en_roles'))}'s {noun(random)}"
    if random.random() < 0.12:
        thing = f"the {noun(random)} of {names.Place(random).show('np', synonym=False, question=False)}"
    inner = random.choice(("in", "in", "on", "at", *SITES))
    if random.random() < 0.4:
        behind = f"the {noun(random)}" if random.random() < 0.7 else names.Place(random).show("np", synonym=False, question=False)
        thing = f"{thing} {random.choice(('in', 'on', 'by', *SITES))} {behind}"
    return Text(f"{inner} {thing}", np=thing)


def within(random: Random) -> Text:
    """``within seven minutes``."""
    return Text(f"within {quantities.duration(random, random.choice(quantities.units()['time']))}")


def interval(random: Random) -> Text:
    """``every 75 seconds``."""
    unit = random.choice(INTERVALS)
    many = str(random.randrange(2, 100)) if random.random() < 0.7 else quantities.small_word(random)
    return Text(f"every {many} {unit}")


def adjective(random: Random) -> Text:
    """An adjective and its comparisons."""
    word = random.choice(words("en_adjectives"))
    return Text(word, er=compare(word, "er"), est=compare(word, "est"), a=article(word))


def actor(random: Random) -> Text:
    """Who has to do it."""
    if random.random() < 0.5:
        one, many = random.choice(words("en_actors")).split("|")
    else:
        one = role(random)
        many = plural(one)
    return Text(one, the=f"the {one}", a=article(one), s=many, bare=one)


def material(random: Random) -> Text:
    """What something is made of."""
    word = random.choice(words("en_materials"))
    return Text(word, a=article(word))


def objpp(random: Random) -> Text:
    """Something to show or sign: ``two signatures on a grey form``."""
    thing = Thing(random, bare=False)
    first = thing.show("a", synonym=False, question=False)
    if random.random() < 0.3:
        first = f"{quantities.small_word(random)} {thing.show('s', synonym=False, question=False)}"
    second = Thing(random, bare=random.random() < 0.4).show("a", synonym=False, question=False)
    if random.random() < 0.15:
        second = f"{article(random.choice(words('en_adjectives')))} one"
    joint = random.choice(("over", "on", "with", "and", "from", "in", "under", "without"))
    return Text(f"{first} {joint} {second}" if random.random() < 0.6 else first)


def _role_value(random: Random, thing: str = "") -> Text:
    word = f"{thing} {random.choice(words('en_roles'))}".strip() if thing else role(random)
    return Text(word, s=plural(word), a=article(word), the=f"the {word}")


def _plain(word: str) -> Text:
    return Text(word, a=article(word), on=f"on {word}")


GENERATORS: dict[str, Callable[[Random], Value]] = {
    "noun": NounValue,
    "np": lambda r: Thing(r, bare=False),
    "obj": lambda r: Thing(r, bare=False),
    "verb": VerbValue,
    "adj": adjective,
    "role": _role_value,
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
    "ordinal": lambda r: Text(r.choice("first second third fourth fifth sixth seventh top".split())),
    "smallword": lambda r: Text(quantities.small_word(r)),
    "bignum_word": lambda r: Text(quantities.small_word(r)),
    "nick": lambda r: Text(names.nickname(r)),
    "nick2": lambda r: Text(f"{names.word_name(r)} {names.word_name(r)}"),
    "phone": lambda r: Text(str(r.randrange(100, 99999))),
    "version": lambda r: Text(f"{r.randrange(1, 40)}" + (f".{r.randrange(30)}" if r.random() < 0.5 else "")),
    "material": material,
    "mass_noun": lambda r: Text(r.choice(words("en_mass"))),
    "colour": lambda r: _plain(r.choice(words("en_colours"))),
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
        return _plain(scope.random.choice(generator[1:].split("|")))
    if generator == "role" and scope.random.random() < OWN_ROLE:
        return _role_value(scope.random, getattr(scope.outer["E"], "noun", ""))
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
            return random.choice(("Please tell me: ", "I would like to know: ", "Tell me, ")) + text[:1].lower() + text[1:]
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


STARTERS = frozenset("the a an each every in on at when if before after to there from under by it no one whoever anyone nobody last this as these some most only its".split())


def _tidy(text: str) -> str:
    text = text.replace(" ,", ",").replace(" .", ".").replace(" ?", "?").replace("  ", " ").strip()
    text = re.sub(r"\b([Aa]) (?=[aeiou])(?!uni|eu|one)", r"\1n ", text)
    return text[:1].upper() + text[1:]
