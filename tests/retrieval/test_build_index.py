"""Building: named by content, atomic, not repeated, repaired, and safe with several builders."""

import contextlib
import gc
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest

from app.errors import DocumentsError, IndexFolderError, SettingsError
from app.retrieval import build as build_module
from app.retrieval.build import Built, build_index
from app.retrieval.embedding import EmbeddingModel, Vectors
from app.retrieval.index import Index
from app.retrieval.passages import SplitterSettings
from app.retrieval.publish import building_folder


def visible(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_folder_is_named_by_its_hash_and_current_points_at_it(built: Built) -> None:
    root = built.path.parent
    assert built.created
    assert visible(root) == {built.manifest.hash, "current"}
    assert (root / "current").readlink() == Path(built.manifest.hash)
    assert visible(built.path) == {"manifest.json", "vectors.faiss", "passages.jsonl", "offsets.npy"}


def test_manifest_says_what_the_index_is_made_of(built: Built, embedding: EmbeddingModel) -> None:
    manifest = orjson.loads((built.path / "manifest.json").read_bytes())
    assert (manifest["format_version"], manifest["documents"], manifest["passages"]) == (1, 8, 8)
    assert manifest["splitter"] == {"passage_tokens": 128, "overlap_tokens": 16}
    assert manifest["embedding"]["fingerprint"] == embedding.fingerprint
    assert manifest["faiss"] == {"type": "flat", "why": "8 passages ≤ 50,000: flat, exact", "parameters": {}}
    for name, entry in manifest["files"].items():
        assert entry["bytes"] == (built.path / name).stat().st_size


def test_same_content_is_not_built_again(
    built: Built, documents: Path, embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("embedded although the index exists")

    before = {path: path.stat().st_mtime_ns for path in built.path.iterdir()}
    monkeypatch.setattr(embedding, "encode", refuse)
    again = build_index(documents, built.path.parent, embedding)
    assert (again.path, again.created, again.replaced) == (built.path, False, None)
    assert before == {path: path.stat().st_mtime_ns for path in built.path.iterdir()}


def test_other_content_or_settings_give_another_folder(
    built: Built, documents: Path, embedding: EmbeddingModel
) -> None:
    root = built.path.parent
    names = {built.path.name}
    names.add(build_index(documents, root, embedding, splitter=SplitterSettings(64, 8)).path.name)
    names.add(build_index(documents, root, embedding, faiss_type="hnsw").path.name)
    bridge = documents / "bridge.md"
    bridge.write_text(bridge.read_text().replace("212", "213"))
    names.add(build_index(documents, root, embedding).path.name)
    assert len(names) == 4
    assert visible(root) == names | {"current"}


def test_current_follows_the_last_build_even_when_nothing_was_built(
    built: Built, documents: Path, embedding: EmbeddingModel
) -> None:
    root = built.path.parent
    other = build_index(documents, root, embedding, splitter=SplitterSettings(64, 8))
    assert Index.open(root).path == other.path
    build_index(documents, root, embedding)
    assert Index.open(root).path == built.path


def test_damaged_index_is_built_anew_and_said_so(
    built: Built, documents: Path, embedding: EmbeddingModel
) -> None:
    passages = built.path / "passages.jsonl"
    passages.write_bytes(passages.read_bytes().replace(b"212", b"999"))
    again = build_index(documents, built.path.parent, embedding)
    assert again.created
    assert again.replaced is not None
    assert "passages.jsonl is damaged" in again.replaced
    assert b"212" in passages.read_bytes()
    assert visible(built.path.parent) == {built.path.name, "current"}


def test_interrupted_build_leaves_nothing(documents: Path, tmp_path: Path, embedding: EmbeddingModel) -> None:
    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "write":
            raise KeyboardInterrupt

    root = tmp_path / "indexes"
    with pytest.raises(KeyboardInterrupt):
        build_index(documents, root, embedding, on_progress=interrupt)
    assert visible(root) == set()


def test_what_a_killed_builder_left_is_removed_but_not_what_one_works_on(
    documents: Path, tmp_path: Path, embedding: EmbeddingModel
) -> None:
    root = tmp_path / "indexes"
    abandoned = root / ".building-0123-abc"
    abandoned.mkdir(parents=True)
    with building_folder(root, "other") as busy:
        an_hour_ago = time.time() - 3600
        for folder in (abandoned, busy):
            os.utime(folder, (an_hour_ago, an_hour_ago))
        build_index(documents, root, embedding)
        assert busy.is_dir()
    assert not abandoned.exists()


def test_building_leaves_no_descriptor_open(
    documents: Path, tmp_path: Path, embedding: EmbeddingModel
) -> None:
    for turn in range(3):
        build_index(documents, tmp_path / f"root-{turn}", embedding)
    gc.collect()
    targets = []
    for descriptor in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # listdir's own is closed by now
            targets.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    assert [target for target in targets if "/root-" in target] == []


def test_builders_at_once_end_with_one_sound_index(
    documents: Path, tmp_path: Path, embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "indexes"
    both_ready = threading.Barrier(3, timeout=20)
    encode = embedding.encode

    def encode_together(texts: list[str]) -> Vectors:
        both_ready.wait()  # no builder has published yet, so all of them will try
        return encode(texts)

    monkeypatch.setattr(embedding, "encode", encode_together)
    results: list[Built] = []
    threads = [
        threading.Thread(target=lambda: results.append(build_index(documents, root, embedding)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(result.created for result in results) == [False, False, True]
    assert len({result.path for result in results}) == 1
    assert visible(root) == {results[0].path.name, "current"}
    assert len(Index.open(root, verify=True)) == 8


def test_stages_are_reported_in_order(documents: Path, tmp_path: Path, embedding: EmbeddingModel) -> None:
    stages: list[str] = []

    def note(stage: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        if stages[-1:] != [stage]:
            stages.append(stage)

    build_index(documents, tmp_path / "indexes", embedding, faiss_type="ivf", on_progress=note)
    assert stages == ["read", "split", "embed", "train", "add", "calibrate", "write", "check"]


def test_large_corpus_is_embedded_block_by_block(
    tmp_path: Path,
    embedding: EmbeddingModel,
    monkeypatch: pytest.MonkeyPatch,
    documents: Path,
) -> None:
    monkeypatch.setattr(build_module, "_EMBED_BLOCK", 3)
    index = Index.open(build_index(documents, tmp_path / "indexes", embedding).path)
    texts = [passage.text for passage in index.passages]
    found = index.search(embedding.encode(texts), 1)
    assert [hits[0].passage.text for hits in found] == texts
    np.testing.assert_allclose([hits[0].score for hits in found], 1.0, atol=1e-5)


def test_passages_longer_than_the_model_reads_are_refused(
    documents: Path, tmp_path: Path, embedding: EmbeddingModel
) -> None:
    with pytest.raises(SettingsError, match=r"passage_tokens is 255; .* at most 254 tokens"):
        build_index(documents, tmp_path, embedding, splitter=SplitterSettings(255, 0))


def test_index_root_that_is_a_file_is_refused(
    documents: Path, embedding: EmbeddingModel, write_lines: Callable[..., Path]
) -> None:
    root = write_lines(documents.parent / "file", "text")
    with pytest.raises(IndexFolderError, match=r"the index root .*file can't be written"):
        build_index(documents, root, embedding)


def test_documents_error_leaves_the_index_root_alone(tmp_path: Path, embedding: EmbeddingModel) -> None:
    with pytest.raises(DocumentsError):
        build_index(tmp_path / "nowhere", tmp_path / "indexes", embedding)
    assert not (tmp_path / "indexes").exists()
