"""What vLLM's engine is told: the settings, and what engine.vllm adds to them."""

from collections.abc import Callable

import pytest

from app.engines.vllm import check_names, engine_arguments
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


def test_an_argument_that_vllm_does_not_know_is_refused() -> None:
    known = {"speculative_config", "seed"}
    check_names({"seed": 1}, known)
    with pytest.raises(
        SettingsError, match=r"engine\.vllm\.speculative_confg: .*did you mean speculative_config\?"
    ):
        check_names({"speculative_confg": NGRAM}, known)
    with pytest.raises(SettingsError, match="see its AsyncEngineArgs"):
        check_names({"zzz": 1}, known)
