"""Answers of the API server become errors that say whether another try is worth it."""

from pathlib import Path

import pytest
from kubernetes.config import kube_config

from loadtest.cluster.api import ClusterApi
from loadtest.errors import ApiAway, ApiRefused, ClusterError
from tests.loadtest.api_server import api_server


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, ApiAway),
        (409, ApiAway),
        (429, ApiAway),
        (500, ApiAway),
        (503, ApiAway),
        (403, ApiRefused),
        (404, ApiRefused),
        (422, ApiRefused),
    ],
)
def test_a_status_says_whether_to_try_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int, kind: type[ClusterError]
) -> None:
    with api_server("kept") as server:
        path = server.kubeconfig(tmp_path)
        monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", path)
        api = ClusterApi()
        server.statuses = [status]
        with pytest.raises(kind, match=f"answers {status}: told to answer {status}"):
            api.apply_config_map("kept", {"a": "b"}, {"c": b"\x00"})
        # One call is one attempt: the next one is answered well.
        api.apply_config_map("kept", {"a": "b"}, {"c": b"\x00"})
        assert (server.maps["kept"].data, server.maps["kept"].binary) == ({"a": "b"}, {"c": b"\x00"})
        server.down()
        with pytest.raises(ApiAway, match="can't be reached"):
            api.pods("a=b")


def test_without_a_cluster_it_says_what_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    with pytest.raises(ClusterError, match="outside one a kubeconfig"):
        ClusterApi()
