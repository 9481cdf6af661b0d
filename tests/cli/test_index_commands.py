"""``rag-llm index build`` and ``inspect``, there and back."""

import json
from pathlib import Path

import pytest

from app.retrieval.embedding import EmbeddingModel
from tests.cli.conftest import RagLlm


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("bridge", "harbour", "mill"):
        text = f"# The {name}\n\nThe {name} is open from five in the morning.\n"
        (folder / f"{name}.md").write_text(text, "utf-8")
    return folder


@pytest.fixture(autouse=True)
def one_embedding_model(embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaded once for all tests."""
    monkeypatch.setattr("app.cli.index.EmbeddingModel", lambda *_, **__: embedding)


def test_built_inspected_and_not_built_again(rag_llm: RagLlm, documents: Path, tmp_path: Path) -> None:
    root = tmp_path / "indexes"
    built = rag_llm("index", "build", str(documents), "--index-root", str(root), "--faiss-type", "hnsw")
    assert built.status == 0, built.err
    # The folder, and nothing else, is the output: `$(rag-llm index build …)` works.
    folder = Path(built.out.removesuffix("\n"))
    assert folder.parent == root
    assert (folder / "manifest.json").is_file()
    assert "3 documents, 3 passages" in built.err
    for path in (folder, root):
        seen = rag_llm("index", "inspect", str(path))
        assert seen.status == 0, seen.err
        for said in (str(folder), folder.name, "hnsw", "sound, checksums compared", "384 dimensions"):
            assert said in seen.out
    assert "sizes compared" in rag_llm("index", "inspect", str(root), "--no-verify").out
    again = rag_llm("index", "build", str(documents), "--index-root", str(root), "--faiss-type", "hnsw")
    assert again.out == built.out
    assert "exists already" in again.err


def test_the_setting_says_where(rag_llm: RagLlm, documents: Path, tmp_path: Path) -> None:
    word = f"rag.index={tmp_path / 'by-setting'}"
    built = rag_llm("index", "build", str(documents), "--set", word)
    assert Path(built.out.strip()).parent == tmp_path / "by-setting"
    assert rag_llm("index", "inspect", "--set", word).status == 0


def test_a_damaged_index_is_refused_and_built_anew(rag_llm: RagLlm, documents: Path, tmp_path: Path) -> None:
    root = tmp_path / "indexes"
    folder = Path(rag_llm("index", "build", str(documents), "--index-root", str(root)).out.strip())
    passages = next(path for path in folder.iterdir() if path.name.startswith("passages"))
    content = bytearray(passages.read_bytes())
    content[5] ^= 1
    passages.chmod(0o644)
    passages.write_bytes(content)
    seen = rag_llm("index", "inspect", str(root))
    assert (seen.status, seen.out) == (1, "")
    assert seen.err.startswith("error: ")
    assert f"{passages} is damaged: its SHA-256 isn't the manifest's" in seen.err
    assert "rag-llm index build" in seen.err
    again = rag_llm("index", "build", str(documents), "--index-root", str(root))
    assert again.status == 0
    assert "was damaged and has been replaced" in again.err
    assert rag_llm("index", "inspect", str(root)).status == 0


def test_what_is_not_there(rag_llm: RagLlm, documents: Path, tmp_path: Path) -> None:
    for words in (
        ["index", "inspect", str(tmp_path / "none")],
        ["index", "build", str(tmp_path / "none"), "--index-root", str(tmp_path / "i")],
    ):
        ended = rag_llm(*words)
        assert (ended.status, ended.out) == (1, "")
        assert str(tmp_path / "none") in ended.err
        assert "Traceback" not in ended.err


def test_sizes_that_cannot_be(rag_llm: RagLlm, documents: Path, tmp_path: Path) -> None:
    words = ["index", "build", str(documents), "--index-root", str(tmp_path / "i")]
    said = (("0", "0", "indexing.passage_tokens = 0"), ("8", "8", "overlap_tokens is 8"))
    for size, overlap, sentence in said:
        ended = rag_llm(*words, "--passage-tokens", size, "--overlap-tokens", overlap)
        assert ended.status == 1
        assert sentence in ended.err
    assert not (tmp_path / "i").exists()


def test_a_folder_named_with_square_brackets(rag_llm: RagLlm, documents: Path, tmp_path: Path) -> None:
    root = tmp_path / "indexes [bold] of today"
    built = rag_llm("index", "build", str(documents), "--index-root", str(root))
    assert Path(built.out.removesuffix("\n")).parent == root
    assert str(root) in rag_llm("index", "inspect", str(root)).out


def test_recall_of_a_file_of_questions(rag_llm: RagLlm, documents: Path, tmp_path: Path) -> None:
    root = str(tmp_path / "indexes")
    rag_llm("index", "build", str(documents), "--index-root", root)
    lines = [
        {
            "id": name,
            "language": "en",
            "question": f"When does the {name} open?",
            "gold_document": f"{name}.md",
            "gold_text": f"The {name} is open",
        }
        for name in ("bridge", "mill")
    ]
    questions = tmp_path / "questions.jsonl"
    questions.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    ended = rag_llm("index", "recall", str(questions), root)
    assert ended.status == 0, ended.err
    assert "recall@4" in ended.out
    assert ended.out.count("1.000") == 6  # @1, @4 and @10, in all and in English
    assert rag_llm("index", "recall", str(tmp_path / "none.jsonl"), root).status == 1
