"""Values as people write them in variables and on the command line."""

import pytest

from app.settings import load_settings
from app.settings.sources import read_assignments, without_settings


@pytest.mark.parametrize("written", ["sk-1,sk-2", "[sk-1, sk-2]", "sk-1, sk-2,"])
def test_keys_are_a_list_or_separated_by_commas(written: str) -> None:
    settings = load_settings(overrides=read_assignments([f"server.api_keys={written}"]))
    assert settings.server.api_keys == ("sk-1", "sk-2")


def test_a_name_of_digits_is_a_text() -> None:
    assert load_settings(overrides=read_assignments(["model.name=7"])).model.served_name == "7"


def test_a_process_that_is_told_by_a_file_gets_no_variables() -> None:
    environ = {"RAG_LLM_SERVER__PORT": "9", "VLLM_QUANT": "awq", "HF_HOME": "/x", "PATH": "/bin"}
    assert without_settings(environ) == {"PATH": "/bin"}
