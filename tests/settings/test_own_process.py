"""Where prompts are made when the settings leave it open."""

from typing import Any

import pytest

from app.settings import load_settings


@pytest.mark.parametrize(
    ("overrides", "own"),
    [
        ({}, False),
        ({"replicas": {"gpus": 1}}, True),
        ({"replicas": {"resources": {"NPU": 1}}}, True),
        ({"architecture": "rsc", "replicas": {"gpus": 1}}, False),
        ({"replicas": {"gpus": 1}, "preparation": {"own_process": False}}, False),
        ({"preparation": {"own_process": "true"}}, True),
        ({"architecture": "baseline", "preparation": {"own_process": True}}, True),
    ],
)
def test_an_accelerator_decides_unless_told(overrides: dict[str, Any], own: bool) -> None:
    assert load_settings(overrides=overrides).prepares_in_own_process is own
