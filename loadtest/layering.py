"""Where a setting comes from: option, LOADTEST_* variable, settings file; unknown keys are errors."""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource

from loadtest.errors import SettingsError
from loadtest.join_settings import JoinSettings
from loadtest.quality_settings import QualitySettings
from loadtest.settings import ARGUMENTS, RunSettings, WorkerSettings

PREFIX = "LOADTEST_"
CONFIG_VARIABLE = PREFIX + "CONFIG"

AnySettings = TypeVar("AnySettings", bound=BaseSettings)


def load_settings(
    kind: type[AnySettings], options: Mapping[str, Any], config: Path | None = None
) -> AnySettings:
    """The settings from all three places.

    Args:
        kind: RunSettings, JoinSettings, QualitySettings or WorkerSettings.
        options: the options that were given, by field name.
        config: the settings file, if any.

    Raises:
        SettingsError: naming the key, its value and what would be right.
    """
    _refuse_unknown_variables()
    values = _file_values(kind, config) if config else {}
    values |= EnvSettingsSource(kind)()
    values |= options
    try:
        return kind(**values)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentences(error, kind))) from None


def _nearest(key: str, known: Iterable[str]) -> str:
    known = sorted(known)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _refuse_unknown_variables() -> None:
    kinds: tuple[type[BaseSettings], ...] = (RunSettings, JoinSettings, QualitySettings, WorkerSettings)
    known = {PREFIX + name.upper() for kind in kinds for name in kind.model_fields}
    known.add(CONFIG_VARIABLE)
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise SettingsError(f"The variable {name} is not a setting: {_nearest(name.upper(), known)}")


def _file_values(kind: type[BaseSettings], path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {path} can't be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} is not YAML: {error}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(
            f"The settings file {path} should hold lines like `rps: [2, 4]`, not {content!r}."
        )
    values = {}
    for key, value in content.items():
        name = str(key).replace("-", "_")
        if name not in kind.model_fields:
            raise SettingsError(
                f"{path}: the key {key!r} is not a setting: {_nearest(name, kind.model_fields)}"
            )
        values[name] = value
    return values


def _sentences(error: ValidationError, kind: type[BaseSettings]) -> list[str]:
    sentences = []
    for item in error.errors():
        if not item["loc"]:
            sentences.append(item["msg"].removeprefix("Value error, ") + ".")
            continue
        name = str(item["loc"][0])
        extra = kind.model_fields[name].json_schema_extra
        by_place = isinstance(extra, dict) and extra["panel"] == ARGUMENTS
        first = name.upper() if by_place else f"--{name.replace('_', '-')}"
        places = f"{first}, {PREFIX}{name.upper()} or `{name}:` in the settings file"
        if item["type"] == "missing":
            sentences.append(f"{name} is missing: give {places}.")
            continue
        reason = item["msg"].removeprefix("Value error, ")
        shown = "" if "api_key" in name else f" = {item['input']!r}"
        sentences.append(f"{name}{shown} is wrong: {reason} ({places}).")
    return sentences
