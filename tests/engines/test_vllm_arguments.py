"""What vLLM's engine is told: the settings, and what engine.vllm adds to them."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from app.engines.vllm_arguments import check_names, engine_arguments
from app.errors import SettingsError
from app.settings import Settings

Make = Callable[..., Settings]
NGRAM = {"method": "ngram", "num_speculative_tokens": 3}


def test_more_arguments_go_along(make_settings: Make) -> None:
    plain = engine_arguments(make_settings(), cpu=True)
    more = {"speculative_config": NGRAM, "async_scheduling": False}
    assert engine_arguments(make_settings(engine={"vllm": more}), cpu=True) == plain | more
    assert plain["max_model_len"] == 1024
    assert "quantization" not in plain


@pytest.mark.parametrize("name", ["max_num_seqs", "quantization", "model", "distributed_executor_backend"])
def test_what_a_setting_decides_is_refused(make_settings: Make, name: str) -> None:
    with pytest.raises(SettingsError, match=rf"^engine\.vllm\.{name}: another setting decides it already"):
        engine_arguments(make_settings(engine={"vllm": {name: 1}}), cpu=True)


def sizes(settings: Settings, *, cpu: bool = False) -> list[int]:
    return list(engine_arguments(settings, cpu=cpu).get("cudagraph_capture_sizes", ()))


def test_steps_with_prompts_are_captured_too(make_settings: Make) -> None:
    found = sizes(make_settings())
    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (1, 8192)
    # Padding to the next size costs little.
    assert all(wide - narrow <= max(16, wide // 5) for narrow, wide in pairwise(found[3:]))
    assert sizes(make_settings(engine={"max_num_batched_tokens": 3000}))[-2:] == [2944, 3000]
    assert sizes(make_settings(engine={"cuda_graph_tokens": 20_000}))[-2:] == [16_384, 20_000]


@pytest.mark.parametrize(
    "engine",
    [
        {"cuda_graph_tokens": 512},
        {"enforce_eager": True},
        {"vllm": {"compilation_config": {"cudagraph_mode": "NONE"}}},
    ],
)
def test_else_vllm_decides_what_is_captured(make_settings: Make, engine: dict[str, Any]) -> None:
    assert sizes(make_settings(engine=engine)) == []


def test_a_cpu_has_no_graphs_and_users_sizes_count(make_settings: Make) -> None:
    assert sizes(make_settings(), cpu=True) == []
    assert sizes(make_settings(engine={"vllm": {"cudagraph_capture_sizes": [1, 2]}})) == [1, 2]


def test_an_argument_that_vllm_does_not_know_is_refused() -> None:
    known = {"speculative_config", "seed"}
    check_names({"seed": 1}, known)
    with pytest.raises(
        SettingsError, match=r"engine\.vllm\.speculative_confg: .*did you mean speculative_config\?"
    ):
        check_names({"speculative_confg": NGRAM}, known)
    with pytest.raises(SettingsError, match="see its AsyncEngineArgs"):
        check_names({"zzz": 1}, known)
