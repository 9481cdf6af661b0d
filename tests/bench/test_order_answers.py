"""What other orders of the same passages cost in right answers."""

from bench.order_answers import Order, against_rank, by_place

ANSWERS: dict[Order, list[bool]] = {
    (0, 1): [True, True, False],
    (1, 0): [True, False, True],
}


def test_each_answer_is_compared_with_that_of_rank() -> None:
    assert against_rank(ANSWERS) == (1, 1)


def test_places_are_those_of_the_passage_that_holds_the_answer() -> None:
    assert by_place(ANSWERS, [0, 1, None]) == {1: [True, False], 2: [True, True]}
