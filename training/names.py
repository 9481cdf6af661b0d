"""Names of people, places and things that nobody has: put together from syllables and words."""

from collections.abc import Sequence
from functools import lru_cache
from random import Random

from training.forbidden import capitalised
from training.words import short, words

ONSETS = short("names.onsets")
PLAIN_ONSETS = short("names.plain_onsets")
PLAIN_CODAS = short("names.plain_codas")
NUCLEI = short("names.nuclei")
CODAS = short("names.codas")


def syllables(random: Random, least: int = 1, most: int = 3) -> str:
    """A made-up word, capitalised, that isn't in the shipped corpus."""
    while True:
        word = ""
        for _ in range(random.randint(least, most)):
            plain = random.random() < 0.7
            onsets, nuclei, codas = (PLAIN_ONSETS, "aeiou", PLAIN_CODAS) if plain else (ONSETS, NUCLEI, CODAS)
            word += (random.choice(onsets) if random.random() < 0.85 else "") + random.choice(nuclei)
            if random.random() < 0.5:
                word += random.choice(codas)
        if 3 <= len(word) <= 12 and word.lower() not in capitalised():
            return word.capitalize()


@lru_cache
def _name_words() -> Sequence[str]:
    lists = map(words, ("en_nouns", "en_adjectives", "en_first_names", "en_roles", "en_more"))
    return [word for part in lists for word in part if word.lower() not in capitalised()]


def word_name(random: Random) -> str:
    """A common word or a made-up one, capitalised."""
    if random.random() < 0.5:
        return random.choice(_name_words()).capitalize()
    return syllables(random)


def person(random: Random) -> str:
    """First name and surname, rarely an initial or a particle between."""
    while True:
        first = random.choice(words("en_first_names")) if random.random() < 0.35 else syllables(random, 1, 3)
        last = word_name(random) if random.random() < 0.6 else syllables(random, 1, 3)
        middle = ""
        if random.random() < 0.06:
            middle = (
                random.choice(("van ", "de ", "von ", "O'", "Mac", "St ", "al-"))
                if random.random() < 0.6
                else (random.choice("ABCDEFGHJKLMNOPRSTVW") + ". ")
            )
        if not {first.lower(), last.lower()} & capitalised():
            return f"{first} {middle}{last}"


def nickname(random: Random) -> str:
    """What a machine, an animal or a boat is called: one word or two."""
    if random.random() < 0.65:
        return word_name(random)
    return f"{word_name(random)} {word_name(random)}"


class Place:
    """A named place, bare and with what stands before it.

    Args:
        random: source of its name.
        inn: whether it is named as inns are.
    """

    def __init__(self, random: Random, *, inn: bool = False) -> None:
        self.type = "inn" if inn else random.choice(words("en_place_types"))
        word = word_name(random)
        shape = random.random()
        self.article = self.type in (
            "Theatre",
            "Room",
            "Loft",
            "Arch",
            "Gate",
            "Station",
            "Museum",
            "Library",
        )
        self.article = self.article or random.random() < 0.12
        if inn:
            self.article = True
            self.name = f"{word} and {word_name(random)}" if shape < 0.5 else f"{word} {word_name(random)}"
        elif shape < 0.60:
            self.name = f"{word} {self.type}"
        elif shape < 0.80:
            self.name = f"{word}'s {self.type}"
        elif shape < 0.86:
            self.name = f"{'Isle' if self.type == 'Island' else self.type} of {word}"
            self.article = True
        elif shape < 0.94:
            self.name = f"{word} {word_name(random)} {self.type}"
        else:
            self.name, self.article = word, random.random() < 0.3
        self.preposition = _preposition(random, self.type)
        self.asked = _asked(random, self.type)

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """Forms: bare (plain), np (with its article), at (preposition too), prep, type."""
        phrase = f"the {self.name}" if self.article else self.name
        match form:
            case "np":
                return phrase
            case "at":
                return f"{self.preposition} {phrase}"
            case "prep":
                return self.preposition
            case "type":
                return self.asked
        return self.name


ON = short("names.on")
IN = short("names.in")


STREETS = short("names.streets")
BUILDINGS = short("names.buildings")


def _asked(random: Random, kind: str) -> str:
    """What a question calls such a place."""
    if random.random() < 0.75:
        return kind.lower()
    return (
        "street" if kind in STREETS else "building" if kind in BUILDINGS else random.choice(("place", "spot"))
    )


def _preposition(random: Random, kind: str) -> str:
    if random.random() < 0.15:
        return random.choice(("at", "in", "on", "near", "behind", "under", "by"))
    return "on" if kind in ON else "in" if kind in IN else "at"
