"""What a document is about."""

from random import Random

from training import hangul, names
from training.words import short, words


class Subject:
    """A document's subject, by its names.

    Args:
        random: source of choices.
        title: the document's title.
        full: ways to say it in a statement, the usual one first.
        short: shorter ones.
        asked: ways to say it in a question.
        pronoun: what may stand for it inside its document.

    Attributes:
        title: the document's title.
        names: all of them, longest first.
        noun: what kind of thing it is, if that is one word.
    """

    def __init__(
        self, random: Random, title: str, full: list[str], short: list[str], asked: list[str], pronoun: str
    ) -> None:
        self._random = random
        self.title = title
        self.noun = ""
        self.names = sorted({*full, *short, *asked}, key=len, reverse=True)
        self._full, self._short, self._asked, self._pronoun = full, short, asked, pronoun

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """A name of it, as fits statement or question."""
        if question:
            return self._random.choice(self._asked)
        shape = self._random.random()
        if shape < 0.62:
            return self._full[0]
        if shape < 0.72:
            return self._random.choice(self._full)
        if shape < 0.96 or not self._pronoun:
            return self._random.choice(self._short)
        return self._pronoun


class Family:
    """What the documents of one world share: an owner, a city, words in names.

    Args:
        random: source of them.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._owner = owner(random)
        self._words = [names.word_name(random) for _ in range(3)]

    def owner(self) -> str:
        """Mostly the same one."""
        return self._owner if self._random.random() < 0.75 else owner(self._random)

    def word(self) -> str:
        """A name, now and then one that others have too."""
        return (
            self._random.choice(self._words) if self._random.random() < 0.2 else names.word_name(self._random)
        )


def owner(random: Random) -> str:
    """Who runs it all."""
    kinds = (
        "Works",
        "Company",
        "Office",
        "Trust",
        "Board",
        "Institute",
        "Utility",
        "Council",
        "Agency",
        "Union",
    )
    middle = f" {random.choice(words('en_more')).capitalize()}" if random.random() < 0.3 else ""
    return f"{names.word_name(random)}{middle} {random.choice(kinds)}"


def english_subject(random: Random, family: Family) -> Subject:
    """A place with a name, a machine or model with one, a team, rule or event without, or a code."""
    owner = family.owner()
    noun = random.choice(words("en_nouns"))
    if random.random() < 0.35:
        noun = f"{random.choice(words('en_nouns'))} {noun}"
    shape = random.random()
    if shape < 0.42:
        subject = _place(random, noun, owner, family.word())
    elif shape < 0.66:
        subject = _named(random, noun, owner, family.word())
    elif shape < 0.92:
        subject = _common(random, noun, owner)
    else:
        subject = _coded(random, noun)
    subject.noun = noun.split(" ")[-1]
    return subject


def _place(random: Random, noun: str, owner: str, word: str) -> Subject:
    if random.random() < 0.25:
        word = f"{word} {names.word_name(random)}"
    kind = noun.title() if random.random() < 0.6 else random.choice(words("en_place_types"))
    name = f"{word} {kind}"
    the = "the " if random.random() < 0.75 else ""
    asked = [f"{the}{name}"] * 4 + [f"the {name} of the {owner}", f"the {owner} {name}"]
    short = [f"{the}{name}", f"the {kind.lower()}", f"the {word} {kind.lower()}", word]
    title = f"{the.capitalize()}{name}" if random.random() < 0.7 else name
    return Subject(random, title, [f"{the}{name}", f"{the}{name} of the {owner}"], short, asked, "it")


def _named(random: Random, noun: str, owner: str, word: str) -> Subject:
    name = word if random.random() < 0.65 else f"{word} {names.word_name(random)}"
    the = "the " if random.random() < 0.4 else ""
    gloss = f"the {name} {noun}"
    asked = [gloss, gloss, f"{the}{name}", f"the {noun} {name}", f"{the}{name}", f"{gloss} of the {owner}"]
    title = random.choice(
        (f"{name}, the {noun.title()}", f"The {name} {noun.title()}", f"The {noun.title()} {name}", name)
    )
    return Subject(
        random,
        title,
        [f"{the}{name}", gloss, f"{the}{name} of the {owner}"],
        [f"{the}{name}", f"the {noun}"],
        asked,
        "it",
    )


def _common(random: Random, noun: str, owner: str) -> Subject:
    kind = random.choice(short("subjects.common"))
    adjective = random.choice(words("en_adjectives")) + " " if random.random() < 0.3 else ""
    name = f"{adjective}{noun} {kind}"
    of = f"the {name} of the {owner}"
    capital = name.title() if random.random() < 0.25 else name
    title = random.choice(
        (f"The {name.title()}", name.title(), f"Notice: {name.title()}", f"{name.title()} Review")
    )
    return Subject(
        random,
        title,
        [f"the {capital}", of],
        [f"the {capital}", f"the {kind}"],
        [f"the {capital}"] * 4 + [of, f"the {owner} {name}"],
        "it",
    )


def _coded(random: Random, noun: str) -> Subject:
    letters = random.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=random.choice((1, 2, 2, 3)))
    code = f"{''.join(letters)}-{random.randrange(1, 100)}"
    full = f"the {noun} {code}"
    return Subject(random, f"{noun.capitalize()} {code}", [full, code], [code], [code, full, f"{code}"], "it")


def korean_subject(random: Random) -> Subject:
    """A thing with a code, a name or both."""
    noun = random.choice(words("ko_things"))
    code = f"{''.join(random.choices('ABCDEFGHJKLMNPRSTUVWXYZ', k=2))}-{random.randrange(1, 100)}"
    word = (
        hangul.name(random, random.randint(2, 3))
        if random.random() < 0.5
        else random.choice(words("ko_nouns"))
    )
    shape = random.random()
    if shape < 0.7:
        full = f"{noun} {code}"
        return Subject(random, full, [code, full], [code], [code, code, full], "")
    if shape < 0.85:
        full = f"{word}{noun} {code}"
        return Subject(random, full, [code, full], [code, f"{word}{noun}"], [code, full], "")
    full = f"{word} {noun}" if random.random() < 0.6 else f"{word}{noun}"
    return Subject(random, full, [full], [full], [full], "")
