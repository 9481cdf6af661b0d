"""Each architecture runs once, for all tests of this folder that ask for it; pytest groups them by it."""

from collections.abc import Callable, Iterator

import pytest

from app.settings import Settings
from tests.architectures.service import ServiceProcess, free_port

VARIANTS: dict[str, dict[str, object]] = {
    "baseline": {"architecture": "baseline"},
    "baseline-batch": {"architecture": "baseline", "engine": {"batch": True}},
    "rac": {"architecture": "rac", "replicas": {"count": 2}},
    "rsc": {"architecture": "rsc", "replicas": {"count": 2}},
    "rvc": {"architecture": "rvc", "preparation": {"own_process": True}},
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests with the mark ``variants`` run for these alone."""
    others = [item for item in items if not _is_wanted(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _is_wanted(item: pytest.Item) -> bool:
    mark, call = item.get_closest_marker("variants"), getattr(item, "callspec", None)
    return mark is None or call is None or call.params["variant"] in mark.args


@pytest.fixture(scope="package", params=list(VARIANTS))
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="package")
def running(
    variant: str, make_settings: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    server = {"port": free_port(), "allow_cache_reset": True}
    ports = {"server": server, "metrics": {"port": free_port(18000), "host": "127.0.0.1"}}
    settings = make_settings(**VARIANTS[variant], **ports)
    service = ServiceProcess(settings, tmp_path_factory.mktemp(variant))
    try:
        service.wait_ready()
        yield service
    finally:
        left = service.stop_and_look()
    assert not left, f"outlived the service: {left}"
