"""The application that serveConfigV2 names: what Serve is told, and what is refused with a sentence."""

import subprocess
import sys
from typing import Any

import pytest

from app.architectures.cluster import build
from app.architectures.replicas import changed, in_place
from app.errors import SettingsError, StartError
from app.settings import Settings, load_settings
from app.settings.sources import PREFIX


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LLM_REPLICAS__COUNT", "3")
    monkeypatch.setenv("RAG_LLM_RAG__TOP_K", "7")


def deployed(args: dict[str, Any]) -> Any:
    return build(args)._bound_deployment


@pytest.mark.parametrize("architecture", ["rsc", "rvc"])
def test_replicas_are_as_the_environment_says(architecture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}ARCHITECTURE", architecture)
    monkeypatch.setenv(f"{PREFIX}REPLICAS__RESOURCES", "{NPU: 1}")
    deployment = deployed({})
    assert deployment.name == "rag-llm"
    assert deployment.num_replicas == 3
    assert deployment.ray_actor_options == {"num_cpus": 1, "num_gpus": 0, "resources": {"NPU": 1}}
    assert deployment.user_config["rag"]["top_k"] == 7
    assert set(deployment.user_config) == {"rag", "sampling", "server"}


def test_a_replica_reads_the_environment_of_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    [read_settings] = deployed({"sampling": {"max_tokens": 9}}).init_args
    monkeypatch.setenv("RAG_LLM_RAG__TOP_K", "8")
    assert read_settings().rag.top_k == 8
    assert read_settings().sampling.max_tokens == 9


def test_rac_is_one_dispatcher_on_its_own_resource() -> None:
    deployment = deployed({"architecture": "rac"})
    assert deployment.num_replicas == 1
    assert deployment.ray_actor_options == {"num_cpus": 0, "resources": {"dispatcher": 0.01}}
    assert deployment.user_config["replicas"] == {"count": 3}


def test_a_split_model_has_its_accelerators_on_one_machine() -> None:
    deployment = deployed({"engine": {"tensor_parallel_size": 4}, "replicas": {"gpus": 4}})
    assert deployment._replica_config.placement_group_strategy == "STRICT_PACK"
    assert deployment._replica_config.placement_group_bundles == [{"CPU": 1, "GPU": 4}]
    deployment = deployed({"engine": {"tensor_parallel_size": 4}, "replicas": {"resources": {"NPU": 4}}})
    assert deployment._replica_config.placement_group_bundles == [{"CPU": 1, "NPU": 4}]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"architecture": "baseline"}, "runs without Ray"),
        ({"rag": {"top_kk": 3}}, "rag.top_kk: there is no such setting"),
        (
            {"engine": {"tensor_parallel_size": 2}, "replicas": {"gpus": 1}},
            "tensor_parallel_size = 2: a replica",
        ),
    ],
)
def test_what_cannot_be_built(args: dict[str, Any], said: str) -> None:
    with pytest.raises(StartError, match=said):
        build(args)


def test_an_unknown_variable_of_the_pod_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LLM_RAG__TOPK", "3")
    with pytest.raises(StartError, match="did you mean RAG_LLM_RAG__TOP_K"):
        build({})


def test_building_loads_no_hugging_face_library() -> None:
    """A replica's process imports the module before it has exported HF_HOME; and the head is small."""
    script = "import sys, app.architectures.cluster; print({'huggingface_hub', 'torch'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert ran.stdout.strip() == "set()", ran.stdout + ran.stderr


def rac() -> Settings:
    return load_settings(overrides={"architecture": "rac"})


def test_a_part_of_user_config_is_enough() -> None:
    after = changed(rac(), {"rag": {"top_k": 2}, "replicas": {"count": 5}})
    assert (after.rag.top_k, after.replicas.count) == (2, 5)
    assert after.rag.system_prompt == rac().rag.system_prompt
    assert changed(rac(), {}) == changed(rac(), in_place(rac())) == rac()


@pytest.mark.parametrize(
    ("user_config", "said"),
    [
        (
            {"engine": {"max_model_len": 5}},
            r"user_config\.engine: it may hold the sections rag, sampling, server, replicas",
        ),
        ({"replicas": {"gpus": 1}}, "only count"),
        ({"server": {"port": 1}}, "only allow_cache_reset"),
        ({"rag": 3}, r"user_config\.rag"),
        ({"rag": {"top_k": 0}}, r"rag\.top_k = 0"),
    ],
)
def test_what_cannot_change_in_place(user_config: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        changed(rac(), user_config)


def test_the_haproxy_of_an_image(tmp_path: Any) -> None:
    path = tmp_path / "bin" / "haproxy"
    command = [sys.executable, "-m", "app.architectures.haproxy"]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    assert "http-buffer-request" in path.read_text()
    version = subprocess.run([path, "-v"], capture_output=True, text=True, timeout=20)
    assert "HAProxy version" in version.stdout
    assert "usage" in subprocess.run(command, capture_output=True, text=True, timeout=60).stderr
