"""Numbers, times and dates as texts."""

from functools import lru_cache
from random import Random

from training.words import WORDS, short

MONTHS = short("quantities.months")
WEEKDAYS = short("quantities.weekdays")
SMALL = short("quantities.small")
TENS = short("quantities.tens")
WIDE = (
    "length",
    "mass",
    "volume",
    "power",
    "temperature",
    "time",
    "money",
    "speed",
    "data",
    "pressure",
    "light",
)


def number(random: Random, *, decimals: bool = True) -> str:
    """A numeral: mostly 2 to 5 digits, with a comma from 1,000; some with decimals."""
    shape = random.random()
    if decimals and shape < 0.25:
        whole = random.randrange(1, 10 ** random.choice((1, 2, 2, 3)))
        return f"{whole}.{random.randrange(1, 10 ** random.choice((1, 1, 2)))}"
    if shape < 0.35:
        return str(random.randrange(2, 13))
    if shape < 0.65:
        return str(random.randrange(13, 100))
    if shape < 0.85:
        return str(random.randrange(100, 1000))
    value = random.randrange(1000, 10 ** random.choice((4, 5, 5, 6)))
    value -= value % random.choice((1, 1, 10, 50, 100, 1000)) if value > 5000 else 0
    return f"{value:,}"


def small_word(random: Random) -> str:
    """A small number as a word."""
    return random.choice(SMALL) if random.random() < 0.85 else random.choice(TENS)


@lru_cache
def units() -> dict[str, list[str]]:
    """Units by what they measure; ``_`` stands for a space inside one."""
    text = (WORDS / "en_units.txt").read_text("utf-8").strip()
    lines = [line.split(":") for line in text.splitlines()]
    return {name: [unit.replace("_", " ") for unit in names.split()] for name, names in lines}


class Quantity:
    """A number with a unit.

    Args:
        random: source of both.
        kind: what is measured, a line of the list of units; ``any`` for one of many.
    """

    def __init__(self, random: Random, kind: str) -> None:
        kind = random.choice(WIDE) if kind == "any" else kind
        self.unit = random.choice(units()[kind])
        if kind == "time":
            self.text = duration(random, self.unit)
        elif kind == "money" and random.random() < 0.3:
            self.text = f"{number(random, decimals=False)} {self.unit} {random.randrange(5, 100, 5)}"
        elif kind == "temperature" and random.random() < 0.3:
            self.text = f"minus {number(random)} {self.unit}"
        elif random.random() < 0.06:
            self.text = f"{number(random)} {random.choice(('million', 'thousand', 'billion'))} {self.unit}"
        elif random.random() < 0.1:
            self.text = f"{small_word(random)} {self.unit}"
        else:
            self.text = f"{number(random)} {self.unit}"

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """Forms: unit, and plain."""
        return self.unit if form == "unit" else self.text


def duration(random: Random, unit: str) -> str:
    """``58 hours``, ``seven minutes`` or ``5 hours and 12 minutes``."""
    shape = random.random()
    if shape < 0.12:
        larger, smaller = random.choice((("hours", "minutes"), ("minutes", "seconds"), ("days", "hours")))
        return f"{random.randrange(2, 24)} {larger} and {random.randrange(2, 60)} {smaller}"
    if shape < 0.45:
        return f"{small_word(random)} {unit}"
    return f"{random.randrange(2, 200)} {unit}"


def clock(random: Random) -> str:
    """``04:35``."""
    return f"{random.randrange(24):02}:{random.randrange(0, 60, 5):02}"


def clock_word(random: Random) -> str:
    """``eleven in the morning``."""
    part = random.choice(("in the morning", "at night", "in the evening", "in the afternoon"))
    return random.choice((f"{random.choice(SMALL)} {part}", "noon", "midnight", "breakfast", "sunset"))


def day(random: Random) -> str:
    """Day and month."""
    return f"{random.randrange(1, 29)} {random.choice(MONTHS)}"


def year(random: Random) -> str:
    """From 1700 to 2039, mostly from 1880 on."""
    return str(random.randrange(1880, 2040) if random.random() < 0.9 else random.randrange(1700, 1880))


def date(random: Random) -> str:
    """Mostly day, month and year; also other orders and shorter ones."""
    shape = random.random()
    if shape < 0.85:
        return f"{day(random)} {year(random)}"
    month, number_ = random.choice(MONTHS), random.randrange(1, 29)
    return random.choice(
        (
            f"{month} {number_}, {year(random)}",
            f"{month} {year(random)}",
            f"{number_} {month}",
            f"the summer of {year(random)}",
        )
    )
