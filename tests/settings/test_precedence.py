"""Command line > RAG_LLM_ variables > the reference project's variables > file > preset > defaults."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.options import gather
from app.errors import SettingsError
from app.settings import Architecture, Settings, load_settings

Write = Callable[[str], Path]
FILE = "engine: {max_model_len: 2001}"


def test_each_source_beats_those_below_it(write_yaml: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().engine.max_model_len == 4096
    assert load_settings().engine.max_model_len == 1024  # the preset demo
    file = write_yaml(FILE)
    assert load_settings(config=file).engine.max_model_len == 2001
    monkeypatch.setenv("VLLM_MAX_MODEL_LEN", "2002")
    assert load_settings(config=file).engine.max_model_len == 2002
    monkeypatch.setenv("RAG_LLM_ENGINE__MAX_MODEL_LEN", "2003")
    assert load_settings(config=file).engine.max_model_len == 2003
    assert gather(file, None, ["engine.max_model_len=2004"]).engine.max_model_len == 2004


def test_sources_fill_each_other_up_within_a_section(
    write_yaml: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_GPU_MEM_UTIL", "0.5")
    settings = gather(write_yaml("engine: {workers: 7}"), None, ["engine.threads=2"])
    engine = settings.engine
    assert (engine.max_model_len, engine.workers, engine.threads) == (1024, 7, 2)
    assert engine.gpu_memory_utilization == 0.5


def test_the_reference_variables_work_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "VLLM_MAX_MODEL_LEN": "3000",
        "VLLM_GPU_MEM_UTIL": "0.42",
        "VLLM_KV_CACHE_DTYPE": "fp8",
        "VLLM_QUANT": "awq",
        "HF_HOME": "/somewhere/hf",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "0",
        "HF_DATASETS_OFFLINE": "true",
    }
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    engine, hub = settings.engine, settings.hub
    assert (engine.max_model_len, engine.gpu_memory_utilization) == (3000, 0.42)
    assert (engine.kv_cache_dtype, engine.quantization) == ("fp8", "awq")
    assert hub.home == "/somewhere/hf"
    assert (hub.offline, hub.transformers_offline, hub.datasets_offline) == (True, False, True)


def test_an_empty_reference_variable_counts_as_not_set(
    write_yaml: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VLLM_QUANT", "VLLM_MAX_MODEL_LEN", "HF_HOME"):
        monkeypatch.setenv(name, "")
    settings = load_settings(config=write_yaml("engine: {quantization: gptq}"))
    assert settings.engine.quantization == "gptq"
    assert (settings.engine.max_model_len, settings.hub.home) == (1024, None)


def test_a_commands_own_option_beats_set_only_when_it_is_given() -> None:
    words = ["server.port=9001", "engine.batch=true", "architecture=baseline"]
    unsaid = {"architecture": None, "server": {"host": None, "port": None}, "engine": {"batch": None}}
    settings = gather(None, None, words, unsaid)
    assert (settings.server.port, settings.engine.batch) == (9001, True)
    assert settings.architecture is Architecture.BASELINE
    settings = gather(None, None, words, {"server": {"port": 9002}, "engine": {"batch": False}})
    assert (settings.server.port, settings.engine.batch) == (9002, False)


def test_set_can_say_none(write_yaml: Write) -> None:
    assert load_settings().model.name == "rag-llm-demo"
    assert gather(None, None, ["model.name=null"]).model.served_name == "demo"


def test_variables_choose_the_file_and_the_preset(write_yaml: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LLM_CONFIG", str(write_yaml(FILE)))
    monkeypatch.setenv("RAG_LLM_PRESET", "qwen2.5-3b")
    settings = load_settings()
    assert settings.engine.max_model_len == 2001
    assert settings.model.served_name == "qwen25_3b"
    # Arguments beat them.
    assert load_settings(preset="demo").model.served_name == "rag-llm-demo"
    other = Path(str(write_yaml(FILE)) + ".other")
    other.write_text("engine: {max_model_len: 555}")
    assert load_settings(config=other).engine.max_model_len == 555


def test_a_preset_that_the_variable_misspells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LLM_PRESET", "dmeo")
    with pytest.raises(SettingsError, match=r"'dmeo'.*choose from demo, qwen2.5"):
        load_settings()
