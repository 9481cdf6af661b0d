"""CFS throttling is read from cgroups of either version."""

from pathlib import Path

from loadtest.generate.usage import UsageMeter, find_cpu_stat, read_throttled


def _cgroup(tmp_path: Path, membership: str, stat: str) -> tuple[Path, Path]:
    (tmp_path / "membership").write_text(membership)
    path = tmp_path / "mount" / stat
    path.parent.mkdir(parents=True)
    path.write_text("nr_periods 9\nnr_throttled 4\nthrottled_time 1\n")
    return tmp_path / "membership", tmp_path / "mount"


def test_version_2(tmp_path: Path) -> None:
    found = find_cpu_stat(*_cgroup(tmp_path, "0::/pods/a\n", "pods/a/cpu.stat"))
    assert read_throttled(found) == 4


def test_version_1_with_joined_controllers(tmp_path: Path) -> None:
    files = _cgroup(tmp_path, "5:memory:/x\n4:cpu,cpuacct:/x\n", "cpu,cpuacct/x/cpu.stat")
    assert read_throttled(find_cpu_stat(*files)) == 4


def test_a_path_of_the_host_that_the_container_does_not_see(tmp_path: Path) -> None:
    assert read_throttled(find_cpu_stat(*_cgroup(tmp_path, "1:cpu:/kube/pod\n", "cpu/cpu.stat"))) == 4


def test_no_cgroup_is_unknown_and_not_zero(tmp_path: Path) -> None:
    (tmp_path / "membership").write_text("0::/\n")
    assert find_cpu_stat(tmp_path / "membership", tmp_path) is None
    assert find_cpu_stat(tmp_path / "none", tmp_path) is None
    assert read_throttled(None) is None


def test_a_meter_that_was_stopped_early_says_nothing() -> None:
    meter = UsageMeter()
    meter.stop()
    assert meter.cpu_share is None
    meter.start()
    meter.stop()
    assert meter.cpu_share is None
