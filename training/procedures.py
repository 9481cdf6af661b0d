"""What has to be done, as a verb phrase, and how much of it is the answer."""

import re
from functools import lru_cache

from training.template import Scope, Template
from training.words import short, verb, verbs, words

LONGEST = 8
"""An answer has at most so many words: phrases at its end go until it does."""
IRREGULAR = short("procedures.irregular")


@lru_cache
def _templates() -> list[Template]:
    return [Template(line) for line in words("en_actions")]


@lru_cache
def _forms() -> dict[str, dict[str, str]]:
    """Base form → its others, of all verbs that can open a phrase."""
    known = [entry for group in verbs() for entry in group]
    known += [verb(entry) for entry in IRREGULAR]
    return {
        entry.base: {"3rd": entry.third, "past": entry.past, "ing": entry.ing, "part": entry.participle}
        for entry in known
    }


class Procedure:
    """A verb phrase such as ``hang a red flag on the gate``.

    Args:
        scope: of the block.
        passive: as participles, ``thrown away and drawn again``.
        core: without phrases at its end.
    """

    def __init__(self, scope: Scope, *, passive: bool = False, core: bool = False) -> None:
        if passive:
            first, second = (
                scope.fill("verb", scope).show("part", synonym=False, question=False) for _ in "ab"
            )
            again = scope.random.choice(("", " again", " at once", " the same day"))
            self._chunks = [
                f"{first} and {second}{again}" if scope.random.random() < 0.7 else f"{first}{again}"
            ]
            return
        template = scope.random.choice(_templates())
        if scope.random.random() < 0.25:
            template = scope.random.choice(_templates()[-12:])
        inner = Scope(scope.random, scope.fill, template.generators, scope.outer)
        text = re.sub(r"\s+", " ", template.render(inner)).strip()
        self._chunks = [chunk.strip() for chunk in text.split("/") if chunk.strip()]
        del self._chunks[1 if core else len(self._chunks) :]

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """Forms: 3rd, past, ing, imp; answer before them: cut to LONGEST words where a phrase ends."""
        chunks = list(self._chunks)
        if form.startswith("answer"):
            form = form.removeprefix("answer").removeprefix(".")
            while len(chunks) > 1 and len(" ".join(chunks).split()) > LONGEST:
                chunks.pop()
        text = " ".join(chunks)
        return text if form in ("", "imp") else inflect(text, form)


def inflect(text: str, form: str) -> str:
    """The phrase with its verbs, the first and those after ``and``, in another form."""
    head, _, rest = text.partition(" ")
    trailing = "," if head.endswith(",") else ""
    text = f"{_inflected(head.rstrip(','), form)}{trailing} {rest}".strip()
    parts = re.split(r"((?:, | and then | and ))", text)
    for at in range(2, len(parts), 2):
        word, space, behind = parts[at].partition(" ")
        if word in _forms():
            parts[at] = _inflected(word, form) + space + behind
    return "".join(parts)


def _inflected(word: str, form: str) -> str:
    return _forms()[word][form] if word in _forms() else verb(word).form(form)
