"""Passages that were never in an index, and what a prompt's token ids say."""

from pathlib import Path

from tokenizers import Tokenizer

from app.rag.prompt import Prompt
from app.retrieval.index import Hit
from app.retrieval.passages import Passage

QUESTION = "When is the tide gate closed?"


def hit(name: str, rank: int, words: int = 20) -> Hit:
    """A passage that says its name again and again."""
    text = " ".join([name] * words)
    return Hit(Passage(f"{name}.md:0", f"{name}.md", f"About {name}", text), 1 - rank / 10, rank)


def hits(*names: str, words: int = 20) -> list[Hit]:
    """Passages of these names, best first."""
    return [hit(name, rank, words) for rank, name in enumerate(names)]


def chat(*turns: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in turns or (("user", QUESTION),)]


def names(prompt: Prompt) -> list[str]:
    """The passages in a prompt, in its order."""
    return [hit.passage.id.removesuffix(".md:0") for hit in prompt.passages]


def text_of(prompt: Prompt, model: Path) -> str:
    """What the model reads, special tokens shown."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    return str(tokenizer.decode(prompt.token_ids, skip_special_tokens=False))
