"""Values of English slots: noun phrases, jobs, amounts, places described."""

from random import Random

from training import names, quantities
from training.values import Text
from training.words import Verb, article, compare, plural, verbs, words

DIMENSIONS = ("long", "wide", "high", "deep", "tall", "across", "thick")
INTERVALS = ("seconds", "minutes", "hours", "days", "weeks", "nights", "months", "years")
OWN_ROLE = 0.12
"""Share of jobs that are named after the document's subject: in a question both then have the same word."""
SITES = ["under", "beside", "behind", "above", "inside", "below", "near", "opposite"]


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
    many = (
        quantities.small_word(random)
        if small or random.random() < 0.08
        else quantities.number(random, decimals=False)
    )
    return Text(f"{many} {things}", noun=things, unit=things)


def site(random: Random) -> Text:
    """A place described: ``in a tin under the stairs``."""
    thing = Thing(random, bare=False).show(
        "a" if random.random() < 0.5 else "", synonym=False, question=False
    )
    if random.random() < 0.25:
        thing = f"the {random.choice(words('en_roles'))}'s {noun(random)}"
    if random.random() < 0.12:
        thing = f"the {noun(random)} of {names.Place(random).show('np', synonym=False, question=False)}"
    inner = random.choice(("in", "in", "on", "at", *SITES))
    if random.random() < 0.4:
        behind = (
            f"the {noun(random)}"
            if random.random() < 0.7
            else names.Place(random).show("np", synonym=False, question=False)
        )
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


def role_value(random: Random, thing: str = "") -> Text:
    """A job; with a thing one that is named after it."""
    word = f"{thing} {random.choice(words('en_roles'))}".strip() if thing else role(random)
    return Text(word, s=plural(word), a=article(word), the=f"the {word}")


def plain(word: str) -> Text:
    """A word as it is."""
    return Text(word, a=article(word), on=f"on {word}")
