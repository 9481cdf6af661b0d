"""The chart's values and the app's settings are one vocabulary; the app knows every variable on a pod."""

from typing import Any

import pytest
import yaml

from app.settings import Settings
from app.settings.load import check, merge
from app.settings.sources import REFERENCE, known_paths, read_environment, read_preset
from tests.chart.render import ARCHITECTURES, CHART, Values, environment, pod_templates, render

VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
SECTIONS = (
    "model", "engine", "embedding", "preparation", "indexing", "rag", "sampling", "server", "startup",
    "metrics",
)  # fmt: skip
DECIDED_BY_THE_CHART = {("server", "host"), ("server", "port"), ("server", "api_keys"), ("metrics", "host")}
"""A pod listens on all of its own addresses, at ports that Service and policies know; keys are a Secret."""


@pytest.mark.parametrize("section", SECTIONS)
def test_sections_have_the_same_keys(section: str) -> None:
    known = {path for path in known_paths() if path[0] == section} - DECIDED_BY_THE_CHART
    assert {(section, key) for key in VALUES[section]} == known


def test_defaults_are_the_apps() -> None:
    """Where they differ there is a reason: a cluster's paths, and what a Job may still be making."""
    settings = Settings().model_dump(mode="json")
    differing = {
        f"{section}.{key}"
        for section in SECTIONS
        for key, value in VALUES[section].items()
        if (value or None) != (settings[section][key] or None)
    }
    assert differing == {"model.path", "rag.index", "startup.wait_s", "metrics.port"}


def read(variables: dict[str, str | None]) -> Settings:
    """The settings that the app makes of a pod's variables."""
    known = {name: value for name, value in variables.items() if value is not None}
    return check(merge(read_preset("demo"), read_environment(known)))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_app_knows_every_variable(architecture: str) -> None:
    """The app refuses a RAG_LLM_ variable that it doesn't know."""
    found = pod_templates(render({"architecture": architecture}))
    for name, pod in found.items():
        if name.endswith("test") or "models" in name:
            continue
        read(environment(pod))
    assert len(found) >= 4


CHANGED: Values = {
    "architecture": "rsc",
    "model": {"path": "/mnt/shared/models/m-awq", "name": "m: 1", "dtype": "float16"},
    "engine": {
        "max_model_len": 1_000_000,
        "quantization": "awq",
        "max_num_seqs": 7,
        "enforce_eager": False,
        "cuda_graph_tokens": 4096,
        "vllm": {"speculative_config": {"method": "ngram", "num_speculative_tokens": 3}},
    },
    "embedding": {"model": "/mnt/shared/models/e", "device": "cuda", "dtype": "bfloat16", "max_wait_ms": 0.5},
    "preparation": {"own_process": True, "threads": 2, "remembered_pieces": 0},
    "server": {"max_ongoing_requests": 3, "max_body_bytes": 5_000_000},
    "startup": {"wait_s": 0},
    "metrics": {"port": None},
    "replicas": {"cpus": 0.5},
    "workerDefaults": {"accelerator": "rebellions", "accelerators": 1},
}


@pytest.mark.parametrize("pod", ["head", "workers"])
def test_values_arrive_as_settings(pod: str) -> None:
    settings = read(environment(pod_templates(render(CHANGED))[pod])).model_dump(mode="json")
    for section in ("model", "engine", "embedding", "preparation", "server", "startup", "metrics"):
        assert CHANGED[section].items() <= settings[section].items(), section
    assert settings["architecture"] == "rsc"
    assert settings["replicas"]["cpus"] == 0.5
    assert settings["replicas"]["gpus"] == 0
    assert settings["replicas"]["resources"] == {"RBLN": 1}


def test_baseline_gets_everything_from_its_environment() -> None:
    rag = {"top_k": 9, "passage_order": "canonical", "system_prompt": "Sag: ja\n# nein", "enabled": False}
    values: Values = {
        "architecture": "baseline",
        "rag": rag,
        "sampling": {"max_tokens": 9, "temperature": 1},
        "server": {"allow_cache_reset": True},
    }
    settings = read(environment(pod_templates(render(values))["rag-llm"])).model_dump(mode="json")
    assert rag.items() <= settings["rag"].items()
    assert settings["rag"]["index"].startswith("/mnt/shared/faiss_index/")
    assert settings["sampling"] == {"max_tokens": 9, "temperature": 1.0, "top_p": 1.0}
    assert settings["server"]["host"] == "0.0.0.0"
    assert settings["server"]["allow_cache_reset"]


def test_the_reference_projects_names_are_used_where_there_are_any() -> None:
    variables = environment(pod_templates(render({"engine": {"quantization": "fp8"}}))["workers"])
    assert {name for name in REFERENCE if name.startswith("VLLM_")} <= set(variables)
    assert variables["VLLM_MAX_MODEL_LEN"] == "4096"
    assert "RAG_LLM_ENGINE__MAX_MODEL_LEN" not in variables


@pytest.mark.parametrize(
    ("values", "home", "offline"),
    [
        ({}, "/mnt/shared/hf-home", "1"),
        ({"hub": {"home": "/tmp/hf", "offline": False}}, "/tmp/hf", "0"),
        ({"hub": {"offline": True}, "storage": {"enabled": False}}, None, "1"),
        ({"storage": {"enabled": False}}, None, "0"),
    ],
)
def test_hub_variables(values: Values, home: str | None, offline: str) -> None:
    inside = {"model": {"path": "/m"}, "rag": {"index": "/i"}, "models": {"download": False}}
    variables = environment(pod_templates(render(inside | values))["workers"])
    assert variables.get("HF_HOME") == home
    assert {
        variables[name] for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
    } == {offline}
