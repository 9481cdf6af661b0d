"""Upgrades that need no new cluster, while requests come in."""

from tests.cluster.kube import Namespace, wait_until
from tests.cluster.load import load


def test_settings_and_index_change_without_a_failed_request(release: Namespace, values: list[str]) -> None:
    before, cluster = release.environment(), release.ray_cluster()
    with load(release, "in-place", rps=2, duration_s=45) as under:
        changed = ["rag.top_k=2", "sampling.max_tokens=48", "indexing.passage_tokens=96"]
        notes = release.helm("upgrade", release.release, "charts/", *values, "--set", ",".join(changed))
        assert "in place" in notes
        wait_until("the new top_k", lambda: release.environment()["rag"]["top_k"] == 2, 40)
        wait_until(
            "the new index", lambda: release.environment()["index"]["hash"] != before["index"]["hash"], 60
        )
    assert under.all_answered(), under.printed
    assert release.ray_cluster() == cluster
    assert release.environment()["sampling"]["max_tokens"] == 48
    assert release.environment()["index"]["passages"] > before["index"]["passages"]
