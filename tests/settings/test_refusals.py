"""Unknown keys, wrong types, values out of range and unreadable files: a sentence names key and value."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.options import gather
from app.errors import SettingsError
from app.settings import load_settings

Write = Callable[[str], Path]


def refusal(config: Path | None = None, words: list[str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        gather(config, None, words)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("engine: {max_model: 5}", "engine.max_model"),
        ("enginee: {max_model_len: 5}", "enginee"),
        ("max_model_len: 5", "max_model_len"),
        ("rag: {system_prompt: a, topk: 3}", "rag.topk"),
    ],
)
def test_unknown_keys_of_a_file(write_yaml: Write, text: str, key: str) -> None:
    said = refusal(write_yaml(text))
    assert said == f"{key}: there is no such setting; `rag-llm settings` lists them all"


def test_unknown_keys_of_set() -> None:
    said = refusal(None, ["engine.max_model=5", "server.prot=1"])
    assert said.splitlines() == [
        f"{key}: there is no such setting; `rag-llm settings` lists them all"
        for key in ("engine.max_model", "server.prot")
    ]


def test_a_word_of_set_without_an_equals_sign() -> None:
    assert refusal(None, ["engine.max_model_len"]).startswith(
        "--set 'engine.max_model_len': write section.key"
    )


@pytest.mark.parametrize("words", [["rag=3", "rag.top_k=4"], ["architecture=rsc", "architecture.x=1"]])
def test_words_of_set_that_contradict_each_other(words: list[str]) -> None:
    assert "was said before it" in refusal(None, words)


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("RAG_LLM_ENGINE__MAX_MODEL_LENGTH", "did you mean RAG_LLM_ENGINE__MAX_MODEL_LEN?"),
        ("RAG_LLM_SERVER_PORT", "did you mean RAG_LLM_SERVER__PORT?"),
        ("RAG_LLM_rag__top_k", "names no setting"),
        ("RAG_LLM_QQQQQQ", "see `rag-llm settings`"),
    ],
)
def test_unknown_variables(monkeypatch: pytest.MonkeyPatch, variable: str, hint: str) -> None:
    monkeypatch.setenv(variable, "5")
    said = refusal()
    assert variable in said
    assert hint in said


WRONG = [
    ("engine.max_model_len", "long", "valid integer"),
    ("engine.max_model_len", "0", "greater than 0"),
    ("engine.gpu_memory_utilization", "1.5", "less than or equal to 1"),
    ("engine.quantization", "int3", "'awq'"),
    ("engine.batch", "perhaps", "valid boolean"),
    ("rag.top_k", "101", "less than or equal to 100"),
    ("rag.passage_order", "random", "'rank', 'canonical', 'popular', 'cached' or 'anchored'"),
    ("rag.system_prompt", "''", "at least 1"),
    ("sampling.temperature", "-0.5", "greater than or equal to 0"),
    ("server.port", "70000", "less than or equal to 65535"),
    ("embedding.max_wait_ms", "-1", "greater than or equal to 0"),
    ("architecture", "rcv", "'baseline', 'rac', 'rsc' or 'rvc'"),
    ("device", "tpu", "'cuda'"),
]


@pytest.mark.parametrize(("key", "value", "right"), WRONG)
def test_a_wrong_value_by_every_way(
    write_yaml: Write, monkeypatch: pytest.MonkeyPatch, key: str, value: str, right: str
) -> None:
    section, _, name = key.rpartition(".")
    line = f"{section}: {{{name}: {value}}}" if section else f"{key}: {value}"
    by_file = refusal(write_yaml(line))
    by_set = refusal(None, [f"{key}={value}"])
    monkeypatch.setenv("RAG_LLM_" + key.upper().replace(".", "__"), value)
    assert by_file == by_set == refusal()
    assert by_set.startswith(f"{key} = ")
    assert value.strip("'") in by_set
    assert right in by_set


def test_a_wrong_reference_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_MAX_MODEL_LEN", "many")
    assert refusal().startswith("engine.max_model_len = 'many': ")


def test_every_fault_is_named_at_once() -> None:
    said = refusal(None, ["server.port=0", "rag.top_k=0", "engine.x=1"]).splitlines()
    assert [line.split(" =")[0].split(":")[0] for line in said] == ["engine.x", "rag.top_k", "server.port"]


def test_a_section_that_is_no_mapping(write_yaml: Write) -> None:
    assert refusal(write_yaml("engine: [1, 2]")).startswith("engine = [1, 2]: ")


def test_api_keys_are_not_shown() -> None:
    said = refusal(None, ["server.api_keys=[[sk-secret]]"])
    assert said.startswith("server.api_keys.0 = (hidden): ")


@pytest.mark.parametrize("text", ["engine: {", "a: b: c", "\tengine: 1"])
def test_a_file_that_is_not_yaml(write_yaml: Write, text: str) -> None:
    path = write_yaml(text)
    assert refusal(path).startswith(f"{path} is not YAML: ")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\xff\xfe\x80")
    assert f"{path} is not YAML" in refusal(path)


@pytest.mark.parametrize(("text", "kind"), [("- 1", "list"), ("hello", "str")])
def test_a_file_without_sections(write_yaml: Write, text: str, kind: str) -> None:
    assert refusal(write_yaml(text)).endswith(f"not {kind}")


def test_an_empty_file_says_nothing(write_yaml: Write) -> None:
    assert load_settings(config=write_yaml("# nothing\n")) == load_settings()


def test_a_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "none.yaml"
    assert refusal(path) == f"settings file {path}: No such file or directory; name a readable YAML file"
    assert "Is a directory" in refusal(tmp_path)
    monkeypatch.setenv("RAG_LLM_CONFIG", str(path))
    assert str(path) in refusal()


def test_an_unknown_preset() -> None:
    with pytest.raises(SettingsError, match=r"preset = '\.\./demo': there is none of that name; choose from"):
        load_settings(preset="../demo")


@pytest.mark.parametrize("max_tokens", [500, 501])
def test_answers_as_long_as_the_context(max_tokens: int) -> None:
    said = refusal(None, [f"sampling.max_tokens={max_tokens}", "engine.max_model_len=500"])
    assert said.startswith(f"sampling.max_tokens = {max_tokens} leaves no room")
    assert said.endswith("below engine.max_model_len = 500")
    gather(None, None, ["sampling.max_tokens=499", "engine.max_model_len=500"])


def test_batch_is_for_the_transformers_engine() -> None:
    assert refusal(None, ["engine.batch=true"]) == (
        "engine.batch = true is for the transformers engine; rvc always batches"
    )
    assert gather(None, None, ["engine.batch=true", "architecture=baseline"]).engine.batch
