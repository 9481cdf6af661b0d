"""Reads the frame files: blocks of statements and questions about one fact, and lists of phrases."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from training.template import Template

FRAMES = Path(__file__).parent / "frames"


@dataclass(slots=True)
class Block:
    """One kind of fact.

    Attributes:
        kind: number, name, date, place or procedure.
        statements: ways to say it, each with a tag: ``S1 …`` has ``1``, ``S …`` none.
        questions: ways to ask for it; one with a tag fits statements of that tag, others fit all.
        answer: the short answer.
        generators: slot name → generator, of all lines.
    """

    kind: str
    statements: list[tuple[str, Template]] = field(default_factory=list)
    questions: list[tuple[str, Template]] = field(default_factory=list)
    answer: Template = field(default_factory=lambda: Template(""))
    generators: dict[str, str] = field(default_factory=dict)

    def fitting(self, tag: str) -> list[Template]:
        """The questions that fit statements of a tag."""
        return [template for own, template in self.questions if own in ("", tag)]


@lru_cache
def blocks(language: str) -> dict[str, list[Block]]:
    """All blocks of a language, by kind."""
    found: dict[str, list[Block]] = {}
    for path in sorted(FRAMES.glob(f"{language}_*.txt")):
        block: Block | None = None
        for number, line in _lines(path):
            if line.startswith("@") and path.stem.split("_")[1] in ("fillers", "conds"):
                break
            if line.startswith("@"):
                block = Block(line[1:])
                found.setdefault(block.kind, []).append(block)
                continue
            mark, _, rest = line.partition(" ")
            if block is None or mark[:1] not in "SQA" or not rest:
                raise ValueError(f"{path.name}:{number}: {line}")
            template = Template(rest)
            block.generators |= template.generators
            if line[0] == "A":
                block.answer = template
            else:
                (block.statements if line[0] == "S" else block.questions).append((mark[1:], template))
    for block in (block for kind in found.values() for block in kind):
        for _, template in (*block.statements, *block.questions, ("", block.answer)):
            template.generators = block.generators
    return found


@lru_cache
def phrases(language: str) -> dict[str, list[Template]]:
    """Phrase lists of a language: ``@name`` and a phrase a line."""
    found: dict[str, list[Template]] = {}
    for stem in ("fillers", "conds"):
        path = FRAMES / f"{language}_{stem}.txt"
        for _, line in _lines(path) if path.is_file() else ():
            if line.startswith("@"):
                found[line[1:]] = current = []
            else:
                current.append(Template(line))
    return found


def _lines(path: Path) -> list[tuple[int, str]]:
    lines = enumerate(path.read_text("utf-8").splitlines(), 1)
    return [(number, line) for number, line in lines if line and not line.startswith("#")]
