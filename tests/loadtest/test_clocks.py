"""Clocks of other machines: measured by round trips, the shortest of which is believed."""

from pathlib import Path

import pytest

from loadtest.generate.clocks import Clocks
from loadtest.generate.messages import Clock
from loadtest.report.file import load_report
from tests.loadtest.conftest import Serve, Start


def test_the_shortest_round_trip_is_believed() -> None:
    clocks = Clocks()
    # A clock that is 2 s ahead, asked at 10.0 by perf_counter; the coordinator's wall clock is perf + 100.
    slow = Clock(client="c", asked_s=10.0, wall_s=110.9 + 2)
    clocks.note(slow, now_perf_s=11.0, now_wall_s=111.0)
    assert clocks.offset_s("c") == pytest.approx(2.4)
    quick = Clock(client="c", asked_s=20.0, wall_s=120.005 + 2)
    clocks.note(quick, now_perf_s=20.01, now_wall_s=120.01)
    assert clocks.offset_s("c") == pytest.approx(2.0)
    clocks.note(slow, now_perf_s=11.0, now_wall_s=111.0)
    assert clocks.offset_s("c") == pytest.approx(2.0)
    assert clocks.answers("c") == 3
    assert clocks.offset_s("unheard of") == 0


def test_workers_report_their_offset(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server:
        options = ("--rps", "10", "--warmup", "0.2", "--duration", "1", "--workers", "2", "--no-html")
        run = start(server.url, *options)
        output, _ = run.communicate(timeout=60)
    assert run.returncode == 0, output
    for generator in load_report(tmp_path / "out").levels[0].rounds[0].generators:
        assert generator.clock_offset_s is not None
        assert abs(generator.clock_offset_s) < 0.05
