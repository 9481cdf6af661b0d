"""Splitting: sizes in tokens of the embedding model, nothing lost, overlaps as set."""

import pytest

from app.errors import SettingsError
from app.retrieval.documents import Document
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.passages import Passage, SplitterSettings, split

TEXT = "\n\n".join(
    " ".join(f"Sentence {n} of paragraph {p} tells of harbourmasters." for n in range(9)) for p in range(6)
)
DOCUMENT = Document("a.md", "a.md", "Title", TEXT)


def tokens(embedding: EmbeddingModel, text: str) -> int:
    return len(embedding.tokenizer(text, add_special_tokens=False)["input_ids"])


@pytest.mark.parametrize("size", [16, 40, 128])
def test_no_passage_is_longer_than_set_and_most_are_near(embedding: EmbeddingModel, size: int) -> None:
    passages = split([DOCUMENT], SplitterSettings(size, 0), embedding.tokenizer)
    lengths = [tokens(embedding, passage.text) for passage in passages]
    assert max(lengths) <= size
    assert sum(lengths) / len(lengths) > size / 2


def test_every_word_is_kept_in_order(embedding: EmbeddingModel) -> None:
    passages = split([DOCUMENT], SplitterSettings(32, 0), embedding.tokenizer)
    assert " ".join(passage.text for passage in passages).split() == TEXT.split()
    assert all(passage.text in TEXT for passage in passages)


def test_overlap_repeats_the_end_of_the_passage_before(embedding: EmbeddingModel) -> None:
    text = " ".join(f"word{n}" for n in range(300))
    first, second, *_ = split([Document("a", "a", "a", text)], SplitterSettings(60, 20), embedding.tokenizer)
    repeated = [word for word in second.text.split() if word in first.text.split()]
    assert repeated
    assert tokens(embedding, " ".join(repeated)) <= 20


def test_ids_count_within_the_document(embedding: EmbeddingModel) -> None:
    short = Document("b.txt", "b.txt", "B", "  Just this.\n")
    passages = split([DOCUMENT, short], SplitterSettings(), embedding.tokenizer)
    assert passages[-1] == Passage("b.txt:0", "b.txt", "B", "Just this.")
    assert [passage.id for passage in passages[:-1]] == [f"a.md:{n}" for n in range(len(passages) - 1)]


def test_korean_is_cut_by_tokens_too(embedding: EmbeddingModel) -> None:
    text = "등대지기는 매일 저녁 물의 높이를 공책에 적는다. " * 40
    passages = split([Document("ko", "ko", "ko", text)], SplitterSettings(64, 8), embedding.tokenizer)
    assert len(passages) > 1
    assert max(tokens(embedding, passage.text) for passage in passages) <= 64


def test_word_longer_than_a_passage_is_cut(embedding: EmbeddingModel) -> None:
    passages = split([Document("a", "a", "a", "ab12" * 200)], SplitterSettings(32, 0), embedding.tokenizer)
    assert "".join(passage.text for passage in passages) == "ab12" * 200


def test_embedding_a_text_does_not_change_how_others_are_split(embedding: EmbeddingModel) -> None:
    embedding.encode(["long " * 600])  # leaves truncation switched on in the tokenizer
    passages = split([DOCUMENT], SplitterSettings(128, 0), embedding.tokenizer)
    assert max(tokens(embedding, passage.text) for passage in passages) <= 128


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (-1, 0), (16, 16), (16, -1)])
def test_senseless_sizes_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(SettingsError, match=f"is {size if size < 1 else overlap}; it has to be"):
        SplitterSettings(size, overlap)
