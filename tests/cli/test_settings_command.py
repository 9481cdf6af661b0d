"""``rag-llm settings`` lists every setting, what is in force and how to set it."""

from pathlib import Path

import pytest

from app.cli.console import results
from app.settings.sources import REFERENCE, known_paths
from tests.cli.conftest import RagLlm


def row(table: str, name: str) -> list[str]:
    """The cells of a setting's row."""
    line = next(line for line in table.splitlines() if line.strip("│ ").startswith(f"{name} "))
    return [cell.strip() for cell in line.strip().strip("│").split("│")]


def test_every_setting_with_its_variable(rag_llm: RagLlm) -> None:
    ended = rag_llm("settings")
    assert ended.status == 0
    for path in known_paths():
        cells = row(ended.out, ".".join(path))
        assert cells[2] == "RAG_LLM_" + "__".join(path).upper()
        assert cells[3]
    for variable in REFERENCE:
        assert variable in ended.out


def test_names_stay_in_one_piece_in_a_pipe(rag_llm: RagLlm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_width", 80)
    assert "RAG_LLM_ENGINE__GPU_MEMORY_UTILIZATION" in rag_llm("settings").out


def test_the_values_in_force(rag_llm: RagLlm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("rag: {top_k: 9}")
    monkeypatch.setenv("VLLM_MAX_MODEL_LEN", "777")
    out = rag_llm("settings", "-c", str(file), "-p", "qwen2.5-3b", "-s", "server.port=9123").out
    values = {name: row(out, name)[1] for name in ("rag.top_k", "engine.max_model_len", "server.port")}
    assert values == {"rag.top_k": "9", "engine.max_model_len": "777", "server.port": "9123"}
    assert row(out, "model.path")[1] == "/mnt/shared/models/qwen25_3b"


def test_keys_are_not_shown(rag_llm: RagLlm) -> None:
    out = rag_llm("settings", "--set", "server.api_keys=[sk-one, sk-two]").out
    assert row(out, "server.api_keys")[1] == "(hidden)"
    assert "sk-" not in out


def test_values_in_square_brackets_are_shown_as_they_are(rag_llm: RagLlm) -> None:
    ended = rag_llm("settings", "--set", "model.name=a [bold] [/x] name")
    assert row(ended.out, "model.name")[1] == "a [bold] [/x] name"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "engine.max_model=5"], "engine.max_model: there is no such setting"),
        (["--set", "server.port=[bold]x"], "server.port = '[bold]x': "),
        (["--preset", "none"], "preset = 'none'"),
        (["--config", "/nonexistent.yaml"], "/nonexistent.yaml: No such file"),
    ],
)
def test_wrong_settings_are_one_sentence(rag_llm: RagLlm, words: list[str], said: str) -> None:
    ended = rag_llm("settings", *words)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("error: ")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1
