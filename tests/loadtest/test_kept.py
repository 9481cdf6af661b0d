"""A report that was kept in ConfigMaps is read again, or it is said what is wrong with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtest.cluster.api import ClusterApi
from loadtest.cluster.kept import read_kept
from loadtest.cluster.packing import pack
from loadtest.errors import ApiAway, ApiRefused, ReportError
from tests.loadtest.api_server import ApiServer, api_server
from tests.loadtest.test_packing import LIMIT, NAMES, _files


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """Holds a report that needs all three ConfigMaps."""
    with api_server() as server:
        server.maps = pack(_files(250_000, 150_000), NAMES, LIMIT).maps
        monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
        # The client has read KUBECONFIG when it was imported.
        place = "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION"
        monkeypatch.setattr(place, server.kubeconfig(tmp_path))
        yield server


def test_all_pieces_are_joined(api: ApiServer) -> None:
    files = _files(250_000, 150_000)
    assert any(content.binary for name, content in api.maps.items() if name != "main")
    found = read_kept(ClusterApi("n"), "main")
    assert {name: found[name] for name in ("report.json", "report.html")} == {
        name: files[name] for name in ("report.json", "report.html")
    }


def test_a_run_that_has_not_begun_has_a_summary_only(api: ApiServer) -> None:
    api.maps["new"] = type(api.maps["main"])({"summary.txt": "The run r has not begun.\n"})
    assert read_kept(ClusterApi("n"), "new") == {"summary.txt": b"The run r has not begun.\n"}


def test_a_lost_piece_is_told(api: ApiServer) -> None:
    api.maps["main-part-2"].binary.clear()
    with pytest.raises(ReportError, match="in ConfigMap main is damaged"):
        read_kept(ClusterApi("n"), "main")


def test_a_missing_report_is_told(api: ApiServer) -> None:
    with pytest.raises(ApiRefused, match='404: configmaps "none" not found'):
        read_kept(ClusterApi("n"), "none")


def test_an_api_server_that_stays_away_is_not_waited_for_forever(api: ApiServer) -> None:
    api.down()
    with pytest.raises(ApiAway):
        read_kept(ClusterApi("n"), "main", patience_s=0)
