"""1 → 2 while requests come in; test_60 goes back to 1 after the faults, which need two."""

from tests.cluster.kube import Namespace
from tests.cluster.load import load


def test_scale_up_fails_no_request_and_says_how_long_it_took(release: Namespace) -> None:
    cluster = release.ray_cluster()
    with load(release, "up", rps=2, duration_s=55) as under:
        printed = release.make("scale", "REPLICAS=2")
    for part in ("scheduled", "started", "loaded", "serving"):
        assert part in printed
    assert under.all_answered(), under.printed
    assert len(release.serving_pods()) == 2
    assert release.ray_cluster() == cluster
