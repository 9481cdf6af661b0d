"""serveConfigV2 is what Ray Serve understands, and everything in it is where it takes effect."""

import warnings
from typing import Any

import pytest

from app.architectures.replicas import in_place
from app.settings import load_settings
from tests.chart.render import CPU, Values, deployment, render, serve_config

SCALING = {"replicas": {"autoscaling": {"enabled": True}}}
MATRIX: dict[str, Values] = {
    "default": {},
    "rac": {"architecture": "rac"},
    "rsc": {"architecture": "rsc"},
    "autoscaling": SCALING,
    "every limit": {"serve": {"max_ongoing_requests": 3, "max_queued_requests": 4, "request_timeout_s": 60}},
    "split": {"engine": {"tensor_parallel_size": 2}, "workerDefaults": {"accelerators": 4}},
    "split on NPUs": {
        "engine": {"tensor_parallel_size": 2},
        "workerDefaults": {"accelerators": 2, "accelerator": "ascend"},
    },
    "odd texts": {"rag": {"system_prompt": 'Say: "yes" # or\n{no}: \\n 답변', "index": "/mnt/shared/a b"}},
}


@pytest.mark.parametrize("case", MATRIX)
def test_serve_takes_it(case: str) -> None:
    from ray.serve.schema import ServeDeploySchema

    config = serve_config(render(MATRIX[case]))
    schema: Any = ServeDeploySchema(**config)
    assert schema.applications[0].import_path == "app.architectures.cluster:build"
    assert set(config) <= set(ServeDeploySchema.model_fields)
    described = type(schema.applications[0].deployments[0]).model_fields
    assert set(deployment(render(MATRIX[case]))) <= set(described)


def test_every_option_of_the_autoscaler() -> None:
    """All of Serve's but what it calls deprecated, and what needs code or a replica at zero."""
    from ray.serve.config import AutoscalingConfig

    options = AutoscalingConfig.model_fields.items()
    wanted = {name for name, field in options if "DEPRECATED" not in (field.description or "")}
    wanted -= {"policy", "downscale_to_zero_delay_s"}
    every = {"initial_replicas": 2, "upscaling_factor": 0.5, "downscaling_factor": 0.5}
    found = deployment(render({"replicas": {"autoscaling": {"enabled": True, **every}}}))
    assert set(found["autoscaling_config"]) == wanted
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AutoscalingConfig(**found["autoscaling_config"])


def test_limits_are_on_the_deployment() -> None:
    """Serve ignores max_ongoing_requests inside autoscaling_config and takes its default of 5."""
    found = deployment(render(SCALING | {"server": {"max_ongoing_requests": 100}}))
    assert found["max_ongoing_requests"] == 116
    assert "max_ongoing_requests" not in found["autoscaling_config"]
    assert found["num_replicas"] == "auto"
    assert found["backpressure_config"] == {"status_code": 429, "retry_after_s": 1}


def test_fixed_replicas() -> None:
    found = deployment(render({"replicas": {"count": 3}}))
    assert found["num_replicas"] == 3
    assert "autoscaling_config" not in found


def test_rac_has_one_dispatcher_and_resizes_its_engines() -> None:
    found = deployment(render({"architecture": "rac", "replicas": {"count": 3}}))
    assert found["num_replicas"] == 1
    assert found["user_config"]["replicas"] == {"count": 3}
    assert found["ray_actor_options"] == {"num_cpus": 0, "resources": {"dispatcher": 0.01}}


@pytest.mark.parametrize("case", ["split", "split on NPUs"])
def test_a_split_model_stays_on_one_node(case: str) -> None:
    found = deployment(render(MATRIX[case]))
    assert found["placement_group_strategy"] == "STRICT_PACK"
    name = "GPU" if case == "split" else "NPU"
    assert found["placement_group_bundles"] == [{"CPU": 1, name: 2}]
    options = found["ray_actor_options"]
    assert options["num_gpus"] == (2 if case == "split" else 0)
    assert options.get("resources") == (None if case == "split" else {"NPU": 2})


@pytest.mark.parametrize("architecture", ["rac", "rvc"])
def test_user_config_is_what_replicas_take_over(architecture: str) -> None:
    """Neither more nor less than the app says can change in place."""
    settings = load_settings(overrides={"architecture": architecture})
    given = deployment(render({"architecture": architecture}))["user_config"]
    expected = in_place(settings)
    assert {section: set(values) for section, values in given.items()} == {
        section: set(values) for section, values in expected.items()
    }


def test_texts_arrive_unharmed() -> None:
    found = deployment(render(MATRIX["odd texts"]))
    assert found["user_config"]["rag"]["system_prompt"] == 'Say: "yes" # or\n{no}: \\n 답변'
    assert found["user_config"]["rag"]["index"] == "/mnt/shared/a b"


def test_the_demo_on_cpu() -> None:
    found = deployment(render(cpu=True))
    assert found["user_config"]["rag"]["index"] == "/opt/rag-llm/demo/index"
    assert found["ray_actor_options"] == {"num_cpus": 1, "num_gpus": 0}
    assert CPU.exists()
