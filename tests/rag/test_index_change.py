"""A service told to serve another index keeps the one it has until that one is there and whole."""

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import IndexFolderError, ModelFolderError
from app.rag import patience
from app.rag.preparer import RagOptions
from app.rag.service import Service
from app.settings import Settings
from app.settings.model import RagSettings, SamplingSettings
from tests.rag.conftest import Running
from tests.rag.made import chat

Make = Callable[..., Settings]
SAMPLING = SamplingSettings(max_tokens=7)


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LOOK_EVERY_S", 0.02)


def at(settings: Settings, index: Path, **fields: object) -> RagSettings:
    return settings.rag.model_copy(update={"index": str(index), **fields})


async def sources(service: Service) -> set[str]:
    prepared = await service.prepare(chat(), RagOptions(), None)
    return {hit.passage.source for hit in prepared.prompt.passages}


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


def publish(indexes: Path, root: Path) -> None:
    """A copy of an index root, in place at once."""
    shutil.copytree(indexes, root.with_suffix(".copy"), symlinks=True)
    root.with_suffix(".copy").rename(root)


def test_an_index_not_published_yet_is_switched_to_when_it_is(
    make_settings: Make, running: Running, bakeries: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = make_settings(startup={"wait_s": 30})

    async def run() -> None:
        async with running(settings) as service:
            before = await sources(service)
            await service.reconfigure(at(settings, tmp_path / "new", top_k=2), SAMPLING)
            pending = service.index.pending
            assert pending is not None
            assert pending.waiting
            assert pending.index == str(tmp_path / "new")
            assert "doesn't exist" in pending.reason
            # The rest of the change is in force already.
            assert service.sampling == SAMPLING
            during = await sources(service)
            assert during <= before
            publish(bakeries, tmp_path / "new")
            await until(lambda: service.index.pending is None)
            assert await sources(service) <= {"north.md", "south.md", "east.md", "west.md", "old.md"}

    asyncio.run(run())
    assert "waiting up to 30 s" in caplog.text
    assert f"the index is now {tmp_path / 'new'}" in caplog.text


def test_a_later_change_ends_the_wait(
    make_settings: Make, running: Running, bakeries: Path, tmp_path: Path
) -> None:
    settings = make_settings(startup={"wait_s": 30})

    async def run() -> None:
        async with running(settings) as service:
            old = service.index.described
            await service.reconfigure(at(settings, tmp_path / "new"), SAMPLING)
            await service.reconfigure(settings.rag, SAMPLING)
            assert service.index.pending is None
            publish(bakeries, tmp_path / "new")
            await asyncio.sleep(0.3)
            assert service.index.described == old

    asyncio.run(run())


def test_the_wait_has_an_end(make_settings: Make, running: Running, tmp_path: Path) -> None:
    settings = make_settings(startup={"wait_s": 0.1})

    async def run() -> None:
        async with running(settings) as service:
            await service.reconfigure(at(settings, tmp_path / "new"), SAMPLING)
            await until(lambda: service.index.pending is not None and not service.index.pending.waiting)
            assert await sources(service)

    asyncio.run(run())


def damage(root: Path) -> None:
    passages = next(root.glob("*/passages.jsonl"), None) or next(root.rglob("*.faiss"))
    passages.write_bytes(passages.read_bytes()[:-3] + b"xyz")


def another_dimension(root: Path) -> None:
    [manifest] = {path.resolve() for path in root.rglob("manifest.json")}
    text = manifest.read_text()
    assert '"dimension":384' in text.replace(" ", "")
    manifest.write_text(text.replace("384", "512"))


@pytest.mark.parametrize(("spoil", "said"), [(damage, "damaged"), (another_dimension, "dimension")])
def test_an_index_that_cannot_be_used_leaves_the_old_one_in_force(
    make_settings: Make,
    running: Running,
    bakeries: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = make_settings(startup={"wait_s": 30})
    publish(bakeries, tmp_path / "new")
    spoil(tmp_path / "new")

    async def run() -> None:
        async with running(settings) as service:
            before = await sources(service)
            await service.reconfigure(at(settings, tmp_path / "new", top_k=4), SAMPLING)
            pending = service.index.pending
            assert pending is not None
            assert not pending.waiting
            assert said in pending.reason
            assert await sources(service) == before
            await service.reconfigure(settings.rag, SAMPLING)
            assert service.index.pending is None

    asyncio.run(run())
    assert "the index stays" in caplog.text


def test_more_passages_than_the_index_has_are_all_of_them(
    make_settings: Make, running: Running, bakeries: Path
) -> None:
    settings = make_settings(rag={"top_k": 50, "index": str(bakeries)}, engine={"max_model_len": 4000})

    async def run() -> None:
        async with running(settings) as service:
            assert len((await service.retrieve("bread", None)).hits) == 5

    asyncio.run(run())


def test_a_start_waits_for_model_and_index(
    make_settings: Make, running: Running, bakeries: Path, random_model: Path, tmp_path: Path
) -> None:
    settings = make_settings(
        startup={"wait_s": 60}, model={"path": str(tmp_path / "m")}, rag={"index": str(tmp_path / "i")}
    )

    async def make_both() -> None:
        await asyncio.sleep(0.3)
        publish(random_model, tmp_path / "m")
        await asyncio.sleep(0.3)
        publish(bakeries, tmp_path / "i")

    async def run() -> None:
        making = asyncio.create_task(make_both())
        async with running(settings) as service:
            assert making.done()
            assert await sources(service)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("missing", "error"),
    [({"model": {"path": "/nowhere"}}, ModelFolderError), ({"rag": {"index": "/nowhere"}}, IndexFolderError)],
)
def test_a_start_ends_with_the_error_when_the_time_is_over(
    make_settings: Make, running: Running, missing: dict[str, object], error: type[Exception]
) -> None:
    settings = make_settings(**missing, startup={"wait_s": 0.1})

    async def run() -> None:
        with pytest.raises(error, match="/nowhere"):
            async with running(settings):
                pass

    asyncio.run(run())


def test_a_model_of_several_files_is_waited_for_whole(
    make_settings: Make, running: Running, random_model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(random_model, folder)
    [weights] = folder.glob("*.safetensors")
    names = f'{{"a": "{weights.name}", "b": "second.safetensors"}}'
    (folder / "model.safetensors.index.json").write_text(f'{{"weight_map": {names}}}')

    async def run() -> None:
        with pytest.raises(ModelFolderError, match=r"second\.safetensors missing"):
            async with running(make_settings(model={"path": str(folder)})):
                pass

    asyncio.run(run())
