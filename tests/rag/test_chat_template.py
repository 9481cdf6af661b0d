"""Models without a chat format, and formats that refuse."""

import json
import shutil
from pathlib import Path

import pytest

from app.errors import InvalidRequest, ModelFolderError
from app.rag.tokenizer import ChatTokenizer
from tests.rag.made import chat


def with_template(model: Path, folder: Path, template: str | None) -> ChatTokenizer:
    """The model with another chat template, or none."""
    shutil.copytree(model, folder)
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    config = folder / "tokenizer_config.json"
    values = json.loads(config.read_text("utf-8"))
    values.pop("chat_template", None)
    config.write_text(json.dumps(values | ({"chat_template": template} if template else {})), "utf-8")
    return ChatTokenizer(folder)


def test_a_model_without_a_chat_template_says_what_to_use(random_model: Path, tmp_path: Path) -> None:
    tokenizer = with_template(random_model, tmp_path / "m", None)
    with pytest.raises(InvalidRequest, match=r"no chat template; use /v1/completions") as caught:
        tokenizer.encode_chat(chat())
    assert caught.value.param == "messages"
    assert tokenizer.encode("the tide gate")


def test_a_template_that_refuses_the_messages(random_model: Path, tmp_path: Path) -> None:
    tokenizer = with_template(random_model, tmp_path / "m", "{{ raise_exception('no system role, please') }}")
    with pytest.raises(InvalidRequest, match="no system role, please"):
        tokenizer.encode_chat(chat())


def test_a_tokenizer_that_cannot_be_loaded(random_model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(random_model, tmp_path / "m"))
    (folder / "tokenizer.json").write_text("{}", "utf-8")
    with pytest.raises(ModelFolderError, match="tokenizer"):
        ChatTokenizer(folder)
