"""The search of the knee, against servers whose knee is known."""

import pytest

from loadtest.generate.search import Search


def _search(start_rps: float, knee_rps: float, resolution: float = 0.1, points: int = 12) -> Search:
    """Run it against a server that holds up to a rate."""
    search = Search(start_rps, resolution, points)
    while (point := search.next()) is not None:
        search.note(point.rate_rps <= knee_rps)
    return search


@pytest.mark.parametrize("knee_rps", [1.3, 4.0, 7.9, 8.0, 37.0, 200.0])
@pytest.mark.parametrize("start_rps", [0.7, 8.0, 100.0])
def test_the_knee_lies_between_the_two_ends(start_rps: float, knee_rps: float) -> None:
    search = _search(start_rps, knee_rps, points=20)
    assert search.ending == "found"
    assert search.lower_rps is not None
    assert search.upper_rps is not None
    assert search.lower_rps <= knee_rps < search.upper_rps
    assert search.upper_rps / search.lower_rps <= 1.1
    rates = [point.rate_rps for point in search.tried]
    assert len(rates) == len(set(rates)) <= 20


def test_it_doubles_then_bisects() -> None:
    search = _search(2.0, 12.5)
    assert [(point.rate_rps, point.why) for point in search.tried] == [
        (2.0, "start"),
        (4.0, "bracket"),
        (8.0, "bracket"),
        (16.0, "bracket"),
        (12.0, "bisect"),
        (14.0, "bisect"),
        (13.0, "bisect"),
    ]
    assert [point.holds for point in search.tried] == [True, True, True, False, True, False, False]


def test_a_start_over_the_knee_is_halved() -> None:
    search = _search(8.0, 1.5)
    assert [point.rate_rps for point in search.tried[:4]] == [8.0, 4.0, 2.0, 1.0]
    assert (search.lower_rps, search.upper_rps) == (1.5, 1.625)


def test_it_ends_after_so_many_points_without_an_end_of_its_own() -> None:
    search = _search(1.0, 10_000.0, points=5)
    assert search.ending == "points"
    assert (search.lower_rps, search.upper_rps) == (16.0, None)
    assert len(search.tried) == 5


def test_a_useless_point_is_tried_once_again() -> None:
    search = Search(4.0, 0.1, 12)
    for holds in (True, None, True):
        assert search.next() is not None
        search.note(holds)
    assert [(point.rate_rps, point.why, point.holds) for point in search.tried] == [
        (4.0, "start", True),
        (8.0, "bracket", None),
        (8.0, "again", True),
    ]
    following = search.next()
    assert following is not None
    assert (following.rate_rps, following.why) == (16.0, "bracket")
    search.note(None)
    assert search.next() is not None
    search.note(None)
    assert search.next() is None
    assert (search.ending, search.lower_rps, search.upper_rps) == ("useless", 8.0, None)


def test_a_rate_that_is_being_tried_decides_nothing_yet() -> None:
    search = Search(4.0, 0.1, 12)
    search.next()
    assert search.tried[0].holds is None
    assert (search.lower_rps, search.upper_rps, search.ending) == (None, None, None)
