"""Sentence templates: alternatives, optional parts and slots.

``(opens|starts)`` is one of two, ``(first |)`` may be left out, ``{o:noun.s}`` is a slot: name ``o``, filled
once by the generator ``noun``, shown in its form ``s``. ``{o}`` shows it again. ``{v~past}`` shows another
word of the same meaning if there is one. ``{n:=race|concert}`` fills a slot with one of the words given.
Lists of the same words in any form, ``(opens|starts)`` and ``(open|start)``, take the same one all through a
block.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

SLOT = re.compile(r"\{([A-Za-z0-9]+)(?::(=[^}]*|[a-z_0-9]+))?((?:[.~][A-Za-z0-9_]*)*)\}")


class Value(Protocol):
    """What fills a slot."""

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """Its text in a form; ``""`` is the plain one."""


Fill = Callable[[str, "Scope"], Value]
"""A generator's name and the scope → a value."""


@dataclass(slots=True)
class Slot:
    """A place in a template that a value fills."""

    name: str
    forms: tuple[str, ...]
    synonym: bool


Node = "str | Slot | list[list[Node]]"


@dataclass(slots=True)
class Scope:
    """The values of one block's slots, shared by its statements, questions and answer.

    Args:
        random: source of all choices.
        fill: makes a value.
        generators: slot name → generator, of the whole block.
        outer: values that every block sees, such as the document's subject.
    """

    random: Random
    fill: Fill
    generators: dict[str, str]
    outer: dict[str, Value]
    values: dict[str, Value] = field(default_factory=dict)
    choices: dict[tuple[str, ...], int] = field(default_factory=dict)

    def value(self, name: str) -> Value:
        """The slot's value, made when first asked for."""
        if name not in self.values:
            if name not in self.generators:
                return self.outer[name]
            self.values[name] = self.fill(self.generators[name], self)
        return self.values[name]

    def choose(self, options: "list[list[object]]") -> "list[object]":
        """One of a template's alternatives; the same one wherever the same alternatives stand."""
        words = [option[0] for option in options if len(option) == 1 and isinstance(option[0], str)]
        if len(words) < len(options):
            return self.random.choice(options)
        key = tuple(word[:1] for word in words)
        if key not in self.choices:
            self.choices[key] = self.random.randrange(len(options))
        return options[self.choices[key]]


class Template:
    """One parsed line.

    Args:
        line: the text.

    Attributes:
        generators: slot name → generator, of the slots this line declares.
    """

    def __init__(self, line: str) -> None:
        self.line = line
        self.generators: dict[str, str] = {}
        self._nodes, rest = self._sequence(line, 0, nested=False)
        if rest != len(line):
            raise ValueError(f"a bracket too many in {line!r}")

    def _sequence(self, line: str, at: int, *, nested: bool) -> "tuple[list[object], int]":
        nodes: list[object] = []
        text = ""
        while at < len(line):
            character = line[at]
            if character == "{":
                match = SLOT.match(line, at)
                if match is None:
                    raise ValueError(f"a bad slot in {line!r}")
                nodes.append(text)
                text = ""
                nodes.append(self._slot(match))
                at = match.end()
            elif character == "(":
                nodes.append(text)
                text = ""
                options: list[list[object]] = []
                while True:
                    option, at = self._sequence(line, at + 1, nested=True)
                    options.append(option)
                    if at >= len(line):
                        raise ValueError(f"a bracket is open in {line!r}")
                    if line[at] == ")":
                        break
                nodes.append(options)
                at += 1
            elif nested and character in "|)":
                break
            else:
                text += character
                at += 1
        nodes.append(text)
        return nodes, at

    def _slot(self, match: re.Match[str]) -> Slot:
        name, generator, forms = match.groups()
        if generator:
            self.generators[name] = generator
        parts = tuple(part for part in re.split(r"[.~]", forms) if part)
        return Slot(name, parts, "~" in forms)

    def render(self, scope: Scope, *, question: bool = False) -> str:
        """The line with one of each choice and its slots filled; white space as it comes."""
        out: list[str] = []
        self._render(self._nodes, scope, question, out)
        return "".join(out)

    def _render(self, nodes: list[object], scope: Scope, question: bool, out: list[str]) -> None:
        for node in nodes:
            if isinstance(node, str):
                out.append(node)
            elif isinstance(node, Slot):
                out.append(show(scope.value(node.name), node, question))
            elif isinstance(node, list):
                self._render(scope.choose(node), scope, question, out)


def show(value: Value, slot: Slot, question: bool) -> str:
    """A value in a slot's forms: ``cap`` and ``pos`` (possessive) come after the others."""
    form = ".".join(part for part in slot.forms if part not in ("cap", "pos"))
    text = value.show(form, synonym=slot.synonym, question=question)
    if "pos" in slot.forms:
        text += "'s"
    return text[:1].upper() + text[1:] if "cap" in slot.forms else text
