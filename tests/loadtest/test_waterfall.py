"""The waterfall: stages of a request add up to its latency, whatever the clocks say."""

import pytest

from loadtest.client.record import Record
from loadtest.figures.level import round_figures
from loadtest.figures.rounds import level_figures
from loadtest.figures.waterfall import stages_of, waterfall
from loadtest.report.waterfall_text import waterfall_text
from loadtest.schema.waterfall import STAGES
from tests.loadtest.made import record, result
from tests.loadtest.rag_server import SPANS


def _joined(t_sched: float, first_s: float, spans: dict[str, float] | None = SPANS) -> Record:
    """A request whose first delta comes so long after its schedule, the last 0.1 s later."""
    made = record(t_sched, [t_sched + first_s, t_sched + first_s + 0.1], t_end=t_sched + first_s + 0.13)
    made.spans = spans
    return made


def test_the_stages_of_a_request_add_up_to_its_latency() -> None:
    stages = stages_of(_joined(3.0, 0.05))
    assert stages is not None
    assert list(stages) == list(STAGES)
    assert sum(stages.values()) == pytest.approx(0.18)
    assert stages["send_lag"] == pytest.approx(0.001)
    # 50 ms from the schedule to the first delta, of which 1 is the send lag and 20 are the server's.
    assert stages["transport"] == pytest.approx(0.029)
    assert stages["decode"] == pytest.approx(0.1)
    assert stages["end"] == pytest.approx(0.03)


def test_a_server_that_counts_more_than_the_client_saw_leaves_a_negative_rest() -> None:
    stages = stages_of(_joined(3.0, 0.02))
    assert stages is not None
    assert stages["transport"] == pytest.approx(-0.001)
    assert sum(stages.values()) == pytest.approx(0.15)


def test_means_percentiles_and_the_slowest_tenth() -> None:
    good = [_joined(float(t), 0.1 + 0.01 * t) for t in range(20)] + [_joined(20.0, 9.0, None)]
    found = waterfall(good)
    assert found is not None
    assert (found.requests, found.unjoined) == (20, 1)
    transports = [0.1 + 0.01 * t - 0.021 for t in range(20)]
    assert found.mean_s["transport"] == pytest.approx(sum(transports) / 20)
    # The slowest tenth of 20 are the last two.
    assert found.slowest_s["transport"] == pytest.approx(sum(transports[-2:]) / 2)
    assert found.p99_s["transport"] == pytest.approx(transports[-2] + 0.81 * 0.01)
    assert found.p99_s["prefill"] == pytest.approx(SPANS["prefill"])
    assert found.server_decode_mean_s == pytest.approx(SPANS["decode"])


@pytest.mark.parametrize("spans", [None, {}, {"prompt_ms": 3.0}, {"admit": 0.1}])
def test_without_all_of_the_servers_stages_there_is_no_waterfall(spans: dict[str, float] | None) -> None:
    assert waterfall([_joined(2.0, 0.05, spans)]) is None


def test_only_complete_answers_of_the_window_are_joined_and_shown() -> None:
    records = [_joined(float(t), 0.1) for t in range(7)]
    records[3].error = "timeout"
    figures = round_figures(result(records), {})
    assert figures.waterfall is not None
    # The window is [2, 6), and the arrival at 3 failed.
    assert (figures.waterfall.requests, figures.waterfall.unjoined) == (3, 0)
    text = waterfall_text(level_figures(1.0, [figures, figures]))
    assert text is not None
    assert text.startswith("send_lag 1.0 + transport 79.0 + admit 1.0 + ")
    assert text.endswith(" = TTFT 100.0; decode 100.0, end 30.0")
