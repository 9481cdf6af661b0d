"""Checks a model folder before a library with worse messages does, and reads what all engines need."""

import json
from pathlib import Path
from typing import Any

from app.errors import ModelFolderError


def check_model_folder(folder: Path) -> None:
    """See that the folder holds a model with a fast tokenizer.

    Raises:
        ModelFolderError: naming what is missing or damaged.
    """
    if not folder.is_dir():
        raise ModelFolderError(
            f"model.path = {str(folder)!r}: there is no such folder; download the model into it, "
            "or make the demo model with `rag-llm demo --prepare-only`"
        )
    for name in ("config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise ModelFolderError(f"model.path = {str(folder)!r}: {name} is missing; copy the model whole")
        _read(folder / name)
    weights = sorted(folder.glob("*.safetensors"))
    index = folder / "model.safetensors.index.json"
    shards = set(_read(index).get("weight_map", {}).values()) if index.is_file() else set()
    if absent := shards - {path.name for path in weights}:
        raise ModelFolderError(
            f"model.path = {str(folder)!r}: {', '.join(sorted(absent))} missing; copy the model whole"
        )
    if not weights:
        raise ModelFolderError(f"model.path = {str(folder)!r}: no *.safetensors; copy the model whole")
    for path in weights:
        _check_safetensors(path)


def end_tokens(folder: Path) -> frozenset[int]:
    """Ids of the tokens that end an answer: those of generation_config.json, else of config.json."""
    for name in ("generation_config.json", "config.json"):
        ids = _read(folder / name).get("eos_token_id") if (folder / name).is_file() else None
        if ids is not None:
            return frozenset(ids if isinstance(ids, list) else [ids])
    return frozenset()


def _check_safetensors(path: Path) -> None:
    """The format: 8 bytes header length, JSON header, tensors up to the largest data offset."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length) if 0 < length < size else b""
    try:
        tensors = json.loads(header)
        end = max(t["data_offsets"][1] for name, t in tensors.items() if name != "__metadata__")
    except (ValueError, KeyError, TypeError, AttributeError):
        end = -1
    if size != 8 + length + end:
        raise ModelFolderError(f"{path} is damaged or cut short ({size:,} bytes); copy it again")


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ModelFolderError(f"{path} is not JSON ({error}); copy the model again") from error
    if not isinstance(values, dict):
        raise ModelFolderError(f"{path} must hold a JSON object; copy the model again")
    return values
