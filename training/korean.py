"""Fills the slots of Korean templates."""

import re
from collections.abc import Callable
from functools import lru_cache
from random import Random

from training import hangul, quantities
from training.frames import phrases
from training.template import Scope, Value
from training.values import Text
from training.words import short, words

UNITS = {kind: short(f"korean.unit_{kind}") for kind in ("length", "time", "money", "qty", "count", "people")}
NUMBERS = short("korean.numbers")
COUNTERS = short("korean.counters")
ADJECTIVES = short("korean.adjectives")
ENDINGS = short("korean.endings")
STATES = short("korean.states")
FREQUENCIES = short("korean.frequencies")
WHEN = short("korean.when")
WIDE = short("korean.wide")
PLACES = short("korean.places")
SPOTS = short("korean.spots")
LIVES = short("korean.lives")
DAYS = short("korean.days")
MANNERS = short("korean.manners")


class VerbValue:
    """A Korean verb."""

    def __init__(self, random: Random) -> None:
        self._verb = random.choice(hangul.korean_verbs())

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """Any form of the verb; a transitive one also stands for its passive."""
        return self._verb.form(form.removesuffix("_passive"))


def noun(random: Random) -> str:
    """A noun, at times two together or a word that doesn't exist."""
    shape = random.random()
    word = random.choice(words("ko_nouns"))
    if shape < 0.25:
        return f"{random.choice(words('ko_nouns'))} {word}"
    if shape < 0.37:
        return hangul.name(random, random.choice((1, 2, 2, 3)))
    if shape < 0.43:
        return f"{''.join(random.choices('ABCDEFGHJKLMNPRSTVW', k=1))}{random.randrange(1, 30)} {word}"
    return word


def amount(random: Random, unit: str) -> Text:
    """``840톤``."""
    return Text(f"{quantities.number(random, decimals=unit not in UNITS['count'])}{unit}", unit=unit)


def place(random: Random) -> Text:
    """A named place, maybe a spot at it: ``노루섬 다리 동쪽 끝`` with another name."""
    kind = random.choice(PLACES)
    word = (
        hangul.name(random, random.choice((1, 2, 2, 3)))
        if random.random() < 0.6
        else random.choice(words("ko_nouns"))
    )
    named = f"{word}{' ' if len(kind) > 1 and random.random() < 0.6 else ''}{kind}"
    if random.random() < 0.3:
        named = f"{named} {random.choice(SPOTS)}"
    elif random.random() < 0.12:
        named, kind = (
            f"{random.choice(('본관', '별관', '옛 건물', '새 건물'))} {random.randrange(1, 9)}층 {word}방",
            "방",
        )
    return Text(named, type=kind)


def term(random: Random, *, dates: bool = False) -> tuple[str, str]:
    """A term and its English gloss."""
    pairs = [line.split("|") for line in words("ko_terms")]
    start, end = (39, 56) if dates else (0, len(pairs))
    word, gloss = random.choice(pairs[start:end])
    return word, gloss


def clock(random: Random) -> Text:
    """``오전 7시 35분``."""
    minutes = random.choice(("", f" {random.randrange(5, 60, 5)}분"))
    return Text(f"{random.choice(('오전', '오후', '아침', '저녁'))} {random.randrange(1, 13)}시{minutes}")


def procedure(random: Random, ending: str) -> str:
    """``솔을 적시고 문을 연다``; ending: the last verb's form."""

    def clause(form: str) -> str:
        thing = noun(random)
        shape = random.random()
        verb = random.choice(hangul.korean_verbs()).form(form)
        if shape < 0.2:
            thing = f"{random.choice(ADJECTIVES)} {thing}"
        if shape > 0.85:
            return f"{thing}을/를 {random.choice(NUMBERS)} 번 {verb}"
        if shape > 0.75:
            return f"{thing} {random.choice(NUMBERS)} {random.choice(COUNTERS)}을/를 {verb}"
        if shape > 0.68:
            return f"{random.choice(MANNERS)} {thing}을/를 {verb}"
        return f"{thing}을/를 {verb}"

    first = f"{clause('conn')} " if random.random() < 0.45 else ""
    return hangul.particles(first + clause(ending))


def how(random: Random) -> str:
    """``빗물로 두 번``."""
    times = f" {random.choice(NUMBERS)} 번" if random.random() < 0.6 else ""
    tool = random.choice(MANNERS) if random.random() < 0.5 else hangul.particles(f"{noun(random)}으로/로")
    return f"{tool}{times}"


def life(random: Random) -> str:
    """What someone was before."""
    role = random.choice(words("ko_roles"))
    text = random.choice(LIVES).format(role)
    while "*" in text:
        text = text.replace("*", noun(random), 1)
    former = "인" if text.startswith("전직") else ""
    return hangul.particles(text.strip()) + (former if text.endswith(" ") else "")


def must(random: Random) -> str:
    """A procedure that ends in ``-야``."""
    return procedure(random, "must").removesuffix(" 한다")


GENERATORS: dict[str, Callable[[Random], Value]] = {
    "noun": lambda r: Text(noun(r)),
    "verb": VerbValue,
    "adj": lambda r: Text(r.choice(ADJECTIVES)),
    "adj_end": lambda r: Text(r.choice(ENDINGS)),
    "state": lambda r: Text(r.choice(STATES)),
    "role": lambda r: Text(r.choice(words("ko_roles"))),
    "person": lambda r: Text(hangul.person(r)),
    "nick": lambda r: Text(hangul.name(r, r.choice((2, 3, 3, 4))) if r.random() < 0.6 else noun(r)),
    "place": place,
    "date": lambda r: Text(f"{quantities.year(r)}년 {r.randrange(1, 13)}월 {r.randrange(1, 29)}일"),
    "year": lambda r: Text(f"{quantities.year(r)}년"),
    "weekday": lambda r: Text(r.choice(DAYS)),
    "clock": clock,
    "term": lambda r: Text(term(r)[0]),
    "dterm": lambda r: Text(term(r, dates=True)[0]),
    "trouble": lambda r: Text(r.choice(short("korean.trouble"))),
    "task": lambda r: Text(r.choice(short("korean.task"))),
    "when_phrase": lambda r: Text(r.choice(WHEN)),
    "wide_adv": lambda r: Text(r.choice(WIDE)),
    "freq": lambda r: Text(r.choice(FREQUENCIES)),
    "past_life": lambda r: Text(life(r)),
    "kcount": lambda r: Text(f"{r.choice(NUMBERS)} {r.choice(COUNTERS)}"),
    "vp": lambda r: Text(procedure(r, "present")),
    "vpmust": lambda r: Text(must(r)),
    "vphow": lambda r: Text(how(r)),
}


@lru_cache
def _glosses() -> dict[str, str]:
    return {line.split("|")[0]: line.split("|")[1] for line in words("ko_terms")}


class Gloss:
    """An English word in brackets, or nothing."""

    def __init__(self, scope: Scope) -> None:
        random = scope.random
        word = scope.value("t").show("", synonym=False, question=False) if "t" in scope.generators else ""
        english = _glosses().get(word) or " ".join(
            random.choices(words("en_nouns"), k=random.choice((1, 1, 2)))
        )
        self._text = f"({english})" if random.random() < 0.6 else ""

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """The gloss."""
        return self._text


class Phrase(Text):
    """A phrase of a list."""

    def __init__(self, name: str, scope: Scope) -> None:
        template = scope.random.choice(phrases("ko")[name])
        super().__init__(template.render(Scope(scope.random, scope.fill, template.generators, scope.outer)))


def fill(generator: str, scope: Scope) -> Value:
    """A value from a generator, a kind of quantity, a list of phrases or the words given (``=a|b``)."""
    if generator.startswith("="):
        return Text(scope.random.choice(generator[1:].split("|")))
    if generator in GENERATORS:
        return GENERATORS[generator](scope.random)
    if generator in UNITS:
        return amount(scope.random, scope.random.choice(UNITS[generator]))
    if generator == "gloss":
        return Gloss(scope)
    return Phrase(generator, scope)


class Sentence:
    """How Korean sentences end."""

    @staticmethod
    def statement(random: Random, text: str) -> str:
        """With particles and a full stop."""
        text = re.sub(r"\s+", " ", hangul.particles(text)).strip()
        return text if text.endswith(".") else text + "."

    @staticmethod
    def question(random: Random, text: str) -> str:
        """With particles; rarely without its question mark."""
        text = re.sub(r"\s+", " ", hangul.particles(text)).strip()
        return text.rstrip("?") if random.random() < 0.04 else text

    @staticmethod
    def answer(text: str) -> str:
        """With particles."""
        return re.sub(r"\s+", " ", hangul.particles(text)).strip()

    @staticmethod
    def with_tail(statement: str, tail: str) -> str:
        """Korean sentences take no tail."""
        return statement

    @staticmethod
    def with_ante(statement: str, ante: str) -> str:
        """Korean sentences take nothing before."""
        return statement
