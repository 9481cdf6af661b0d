"""Find an index folder and check it; whatever is wrong is refused in a sentence that says what to do."""

from pathlib import Path

import orjson
from pydantic import ValidationError

from app.errors import IndexFolderError, IndexMissing
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.manifest import FORMAT_VERSION, MANIFEST, Manifest, sha256_of
from app.retrieval.passage_store import OFFSETS, PASSAGES
from app.retrieval.publish import CURRENT
from app.retrieval.vectors import FAISS_FILE

FILES = (FAISS_FILE, PASSAGES, OFFSETS)

CHECKSUM_LIMIT_BYTES = 256 * 1024**2
"""Up to this size in total, checksums are verified at every opening (about 0.2 s at most)."""


def refusal(
    root: Path, problem: str, instead: str = "", *, kind: type[IndexFolderError] = IndexFolderError
) -> IndexFolderError:
    """The error for an index that has to be built in the index root ``root``."""
    command = f"`rag-llm index build DOCUMENTS --index-root {root}`"
    return kind(f"{problem}: {instead}build it with {command}.")


def locate(path: Path) -> Path:
    """The index folder that ``path`` means: itself, its ``current``, or the only index in it.

    Raises:
        IndexMissing: there is none.
        IndexFolderError: there are several and no ``current``.
    """
    if not path.is_dir():
        what = "is a file, not an index folder" if path.exists() else "doesn't exist"
        raise refusal(path, f"the index {path} {what}", "give another path, or ", kind=IndexMissing)
    current = path / CURRENT
    if current.is_symlink():
        if not current.exists():
            problem = f"{current} points at {current.readlink()}, which is gone"
            raise refusal(path, problem, kind=IndexMissing)
        return current.resolve()
    if (path / MANIFEST).exists() or any((path / name).exists() for name in FILES):
        return path.resolve()
    indexes = sorted(manifest.parent for manifest in path.glob(f"[!.]*/{MANIFEST}"))
    if len(indexes) > 1:
        names = ", ".join(index.name for index in indexes)
        raise IndexFolderError(
            f"{path} holds {len(indexes)} indexes ({names}) and no link `{CURRENT}`: give one of them."
        )
    if not indexes:
        problem = f"{path} holds no index (no {MANIFEST}; a build may have been cut short)"
        raise refusal(path, problem, kind=IndexMissing)
    return indexes[0].resolve()


def read_manifest(folder: Path) -> Manifest:
    """Read and validate ``folder``'s manifest.

    Raises:
        IndexMissing: it is missing.
        IndexFolderError: it isn't JSON, has another format version or a wrong field.
    """
    path = folder / MANIFEST
    try:
        raw = orjson.loads(path.read_bytes())
    except FileNotFoundError as exc:
        problem = f"the index {folder} has no {MANIFEST}, so it is half-written"
        raise refusal(folder.parent, problem, kind=IndexMissing) from exc
    except (OSError, orjson.JSONDecodeError) as exc:
        raise refusal(folder.parent, f"{path} can't be read ({exc})") from exc
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if version != FORMAT_VERSION:
        raise refusal(
            folder.parent, f"{path} has format_version {version!r}, and this rag-llm reads {FORMAT_VERSION}"
        )
    try:
        return Manifest.model_validate(raw)
    except ValidationError as exc:
        first = exc.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise refusal(folder.parent, f'{path} is damaged: its field "{field}": {first["msg"]}') from exc


def check_files(folder: Path, manifest: Manifest, *, verify: bool | None) -> None:
    """Compare the files with the manifest: sizes always, checksums when ``verify``.

    ``verify=None`` means: checksums when the files are at most ``CHECKSUM_LIMIT_BYTES`` in total.

    Raises:
        IndexFolderError: a file is missing or isn't what the manifest says.
    """
    for name in FILES:
        if name not in manifest.files:
            raise refusal(folder.parent, f"{folder / MANIFEST} is damaged: it doesn't list {name}")
    for name, entry in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise refusal(folder.parent, f"the index {folder} is damaged: {name} is missing")
        if (size := path.stat().st_size) != entry.bytes:
            raise refusal(
                folder.parent,
                f"{path} is damaged: it has {size:,} bytes, and the manifest says {entry.bytes:,}",
            )
    if verify is None:
        verify = sum(entry.bytes for entry in manifest.files.values()) <= CHECKSUM_LIMIT_BYTES
    for name, entry in manifest.files.items() if verify else ():
        if sha256_of(folder / name) != entry.sha256:
            raise refusal(folder.parent, f"{folder / name} is damaged: its SHA-256 isn't the manifest's")


def check_model(folder: Path, manifest: Manifest, embedding: EmbeddingModel) -> None:
    """Refuse an index whose vectors another embedding model made.

    Raises:
        IndexFolderError: the model's dimension or fingerprint isn't the manifest's.
    """
    made_by = manifest.embedding
    if embedding.dimension != made_by.dimension:
        raise refusal(
            folder.parent,
            f'the index {folder} has vectors of dimension {made_by.dimension} from "{made_by.name}", and '
            f'the embedding model "{embedding.name}" gives {embedding.dimension}',
            "use the first, or ",
        )
    if embedding.fingerprint != made_by.fingerprint:
        raise refusal(
            folder.parent,
            f'the index {folder} was made with "{made_by.name}" ({made_by.fingerprint[:19]}), and the '
            f'embedding model is "{embedding.name}" ({embedding.fingerprint[:19]})',
            "use the first, or ",
        )
