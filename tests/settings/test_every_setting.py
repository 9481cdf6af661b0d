"""Every setting has a description and can be set by its variable, by --set and in a file."""

from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.cli.options import gather
from app.settings import Architecture, Settings, load_settings
from app.settings.sources import known_paths

PATHS = known_paths()
FROM_AMONG: dict[tuple[str, ...], object] = {
    ("architecture",): "rsc",
    ("engine", "vllm"): {"async_scheduling": False, "speculative_config": {"method": "ngram"}},
    ("engine", "batch"): False,  # true goes with other architectures only
    ("server", "api_keys"): ["one", "two"],
    ("replicas", "resources"): {"NPU": 2.0, "example.com/chip": 0.5},
}


def field_of(path: tuple[str, ...]) -> FieldInfo:
    kind: type[BaseModel] = Settings
    for section in path[:-1]:
        annotation = kind.model_fields[section].annotation
        assert isinstance(annotation, type)
        kind = annotation
    return kind.model_fields[path[-1]]


def value_of(settings: Settings, path: tuple[str, ...]) -> object:
    value: Any = settings
    for name in path:
        value = getattr(value, name)
    return value


def other_value(path: tuple[str, ...]) -> object:
    """A right value that isn't the default."""
    if path in FROM_AMONG:
        return FROM_AMONG[path]
    default, kind = field_of(path).default, field_of(path).annotation
    if get_origin(kind) is UnionType or type(None) in get_args(kind):
        kind = next(each for each in get_args(kind) if each is not type(None))
    if get_origin(kind) is Literal:
        return next(choice for choice in get_args(kind) if choice != default)
    text, number = str(kind), default or 0
    if kind is bool:
        return not default
    if "float" in text:
        return 0.25
    return number + 1 if "int" in text else "other"


def test_settings_are_what_the_list_says() -> None:
    assert len(set(PATHS)) == len(PATHS) > 40
    assert {path[0] for path in PATHS} == set(Settings.model_fields)


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_it_has_a_description(path: tuple[str, ...]) -> None:
    description = field_of(path).description or ""
    assert len(description) >= 10
    assert description.endswith(".")


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_it_can_be_set_by_variable_set_and_file(
    path: tuple[str, ...], write_yaml: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    value = other_value(path)
    nested: dict[str, Any] = {path[-1]: value}
    if len(path) == 2:
        nested = {path[0]: nested}
    text = yaml.safe_dump(value, default_flow_style=True).removesuffix("\n").removesuffix("...").strip()
    by_file = load_settings(config=write_yaml(yaml.safe_dump(nested)))
    by_set = gather(None, None, [f"{'.'.join(path)}={text}"])
    monkeypatch.setenv("RAG_LLM_" + "__".join(path).upper(), text)
    by_variable = load_settings()
    assert by_file == by_set == by_variable
    got = value_of(by_variable, path)
    assert (list(got) if isinstance(got, tuple) else got) == value
    if path != ("engine", "batch"):
        assert got != field_of(path).default


def test_another_architecture_by_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LLM_ARCHITECTURE", "rac")
    monkeypatch.setenv("RAG_LLM_ENGINE__BATCH", "true")
    settings = load_settings()
    assert settings.architecture is Architecture.RAC
    assert settings.engine.batch
