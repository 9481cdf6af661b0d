"""Where settings come from: environment variables and YAML files."""

import difflib
import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from app.errors import SettingsError
from app.settings.model import Settings

PREFIX = "RAG_LLM_"
NO_SETTINGS = {"RAG_LLM_CONFIG", "RAG_LLM_PRESET"}
"""They choose among the sources, and say where `rag-llm ask` asks."""
REFERENCE = {
    "VLLM_MAX_MODEL_LEN": ("engine", "max_model_len"),
    "VLLM_GPU_MEM_UTIL": ("engine", "gpu_memory_utilization"),
    "VLLM_KV_CACHE_DTYPE": ("engine", "kv_cache_dtype"),
    "VLLM_QUANT": ("engine", "quantization"),
    "HF_HOME": ("hub", "home"),
    "HF_HUB_OFFLINE": ("hub", "offline"),
    "TRANSFORMERS_OFFLINE": ("hub", "transformers_offline"),
    "HF_DATASETS_OFFLINE": ("hub", "datasets_offline"),
}
"""The reference project's variables, which work as they are. An empty one counts as not set."""


def presets() -> list[str]:
    """Names of the presets that come with the project."""
    folder = resources.files("app.settings") / "presets"
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def read_preset(name: str) -> dict[str, Any]:
    """The values of a preset.

    Raises:
        SettingsError: there is none of that name.
    """
    if name not in presets():
        raise SettingsError(
            f"preset = {name!r}: there is none of that name; choose from {', '.join(presets())}"
        )
    text = (resources.files("app.settings") / "presets" / f"{name}.yaml").read_text("utf-8")
    return _mapping(text, f"preset {name}")


def read_file(path: Path) -> dict[str, Any]:
    """The values of one YAML settings file.

    Raises:
        SettingsError: it can't be read, isn't YAML or isn't a mapping.
    """
    try:
        return _mapping(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise SettingsError(f"settings file {path}: {error.strerror}; name a readable YAML file") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"settings file {path} is not YAML: it is not UTF-8 text ({error})") from error


def _mapping(text: str, where: str) -> dict[str, Any]:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"{where} is not YAML: {error}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"{where} must hold `section: {{key: value}}`, not {type(values).__name__}")
    return values


def without_settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment without the variables that this module reads, for a process that is told by a file."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(PREFIX) and name not in REFERENCE
    }


def known_paths() -> list[tuple[str, ...]]:
    """Every setting's path, such as ``("engine", "max_model_len")``."""
    found: list[tuple[str, ...]] = []
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            found += [(name, key) for key in section.model_fields]
        else:
            found.append((name,))
    return found


def read_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Values from RAG_LLM_<SECTION>__<KEY> and from the reference project's variables.

    Raises:
        SettingsError: a RAG_LLM_ variable names no setting.
    """
    names = {PREFIX + "__".join(path).upper(): path for path in known_paths()}
    values: dict[str, Any] = {}
    for variable, path in REFERENCE.items():
        if environ.get(variable):
            _put(values, path, environ[variable])
    for variable in sorted(name for name in environ if name.startswith(PREFIX) and name not in NO_SETTINGS):
        if variable not in names:
            near = difflib.get_close_matches(variable, names, 1)
            hint = f"; did you mean {near[0]}?" if near else "; see `rag-llm settings`"
            raise SettingsError(f"environment variable {variable} names no setting{hint}")
        _put(values, names[variable], environ[variable])
    return values


def read_assignments(assignments: list[str]) -> dict[str, Any]:
    """Values from ``section.key=value`` words.

    Raises:
        SettingsError: a word has no ``=``.
    """
    values: dict[str, Any] = {}
    for word in assignments:
        path, equals, value = word.partition("=")
        if not equals:
            raise SettingsError(f"--set {word!r}: write section.key=value, such as engine.max_model_len=2048")
        _put(values, tuple(path.strip().split(".")), value)
    return values


def _put(values: dict[str, Any], path: tuple[str, ...], text: str) -> None:
    """Texts are read as YAML, so that lists, booleans and null can be written."""
    *sections, key = path
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise SettingsError(f"{'.'.join(path)} = {text!r}: {section} = {values!r} was said before it")
    values[key] = _scalar(text)


def _scalar(text: str) -> Any:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return text if isinstance(value, dict) else value
