from collections.abc import Callable, Iterator

import pytest

from app.engines.scripted import Script, ScriptedEngine
from app.settings import Settings
from tests.api.server import Server, running_server


@pytest.fixture(scope="module")
def server(make_settings: Callable[..., Settings]) -> Iterator[Server]:
    with running_server(make_settings(), ScriptedEngine(Script(itl_s=0.002))) as host:
        yield host
