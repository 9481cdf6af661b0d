"""Which requests retrieve, and what for."""

import asyncio
from collections.abc import Callable

import pytest

from app.engines.scripted import ScriptedEngine
from app.errors import IndexFolderError, InvalidRequest, NotReady
from app.rag.preparer import RagOptions
from app.rag.prompt import Prepared
from app.rag.service import Service
from app.rag.tokenizer import Text
from app.settings import Settings
from tests.rag.conftest import Running
from tests.rag.made import QUESTION, chat

Make = Callable[..., Settings]


@pytest.fixture
def prepared(make_settings: Make, running: Running) -> Callable[..., Prepared]:
    def prepare(text: Text, **said: bool | int) -> Prepared:
        async def run() -> Prepared:
            async with running(make_settings()) as service:
                return await service.prepare(text, RagOptions(**said), None)  # type: ignore[arg-type]

        return asyncio.run(run())

    return prepare


@pytest.mark.parametrize(
    ("text", "said", "count"),
    [
        (chat(), {}, 4),
        (chat(), {"enabled": False}, 0),
        (chat(), {"top_k": 2}, 2),
        (QUESTION, {}, 0),
        (QUESTION, {"enabled": True}, 4),
        ([5, 6], {}, 0),
    ],
)
def test_chats_do_unless_told_and_plain_prompts_when_told(
    prepared: Callable[..., Prepared], text: Text, said: dict[str, int], count: int
) -> None:
    assert len(prepared(text, **said).prompt.passages) == count


def test_it_is_the_last_user_message_that_is_looked_up(prepared: Callable[..., Prepared]) -> None:
    turns = (("user", "What do the bakers sell?"), ("assistant", "Bread."), ("user", QUESTION))
    by_chat = prepared(chat(*turns)).prompt.passages
    assert by_chat == prepared(chat()).prompt.passages
    assert by_chat != prepared(chat(turns[0])).prompt.passages


@pytest.mark.parametrize("text", [[5, 6], chat(("assistant", "Bread."))])
def test_without_a_text_question_it_is_refused(prepared: Callable[..., Prepared], text: Text) -> None:
    with pytest.raises(InvalidRequest, match="needs a text question"):
        prepared(text, enabled=True)


def test_a_service_that_cannot_start_says_why(make_settings: Make) -> None:
    async def run() -> None:
        service = Service(make_settings(rag={"index": "/nonexistent"}), ScriptedEngine())
        with pytest.raises(NotReady, match="it is loading"), service.admit():
            pass
        with pytest.raises(IndexFolderError):
            await service.start()
        with pytest.raises(NotReady, match=r"/nonexistent doesn't exist"), service.admit():
            pass
        assert isinstance(service.failure, IndexFolderError)
        await service.shutdown()

    asyncio.run(run())
