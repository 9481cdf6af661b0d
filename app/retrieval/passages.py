"""Split documents into passages whose length is counted in tokens of the embedding model."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from langchain_text_splitters import RecursiveCharacterTextSplitter

from app.errors import SettingsError
from app.retrieval.documents import Document

SEPARATORS = ("\n\n", "\n", ". ", "。", " ", "")
"""Where to cut, best first: paragraphs, lines, sentences, words, characters."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document, as it is retrieved and shown to the model.

    Attributes:
        id: ``<document id>:<n>``, n counting from 0 within the document.
        source: the document's source file.
        title: the document's title.
        text: a verbatim piece of the document's text, without the white space around it.
    """

    id: str
    source: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class SplitterSettings:
    """How documents are cut.

    Args:
        passage_tokens: most tokens of a passage, special tokens not counted.
        overlap_tokens: most tokens that a passage repeats of the one before it.

    Raises:
        SettingsError: ``passage_tokens`` isn't positive, or the overlap isn't from 0 to below it.
    """

    passage_tokens: int = 128
    overlap_tokens: int = 16

    def __post_init__(self) -> None:
        if self.passage_tokens < 1:
            raise SettingsError(f"passage_tokens is {self.passage_tokens}; it has to be at least 1.")
        if not 0 <= self.overlap_tokens < self.passage_tokens:
            raise SettingsError(
                f"overlap_tokens is {self.overlap_tokens}; it has to be from 0 to below passage_tokens, "
                f"which is {self.passage_tokens}."
            )


def split(
    documents: Iterable[Document],
    splitter: SplitterSettings,
    tokenizer: Any,
    on_document: Callable[[int], None] | None = None,
) -> list[Passage]:
    """Cut each document into passages of at most ``splitter.passage_tokens`` tokens.

    Cuts fall on paragraphs where they can, then on lines, sentences, words and characters. A tokenizer
    that joins tokens over a cut (byte-pair ones do, rarely) may count a token more or less for a passage
    than for its pieces.

    Args:
        documents: what to cut.
        splitter: the sizes.
        tokenizer: the embedding model's Hugging Face tokenizer (``EmbeddingModel.tokenizer``).
        on_document: called with the number of documents done after each.
    """

    # Repeated words and separators are most of what the splitter measures.
    @lru_cache(maxsize=65_536)
    def count_tokens(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    cutter = RecursiveCharacterTextSplitter(
        separators=list(SEPARATORS),
        keep_separator="end",
        chunk_size=splitter.passage_tokens,
        chunk_overlap=splitter.overlap_tokens,
        length_function=count_tokens,
    )
    passages: list[Passage] = []
    for done, document in enumerate(documents, start=1):
        for number, text in enumerate(cutter.split_text(document.text)):
            passages.append(Passage(f"{document.id}:{number}", document.source, document.title, text))
        if on_document is not None:
            on_document(done)
    return passages
