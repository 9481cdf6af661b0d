"""Prompts that begin alike: by popularity, and by what was computed before."""

import random
import threading

import pytest

from app.rag import passage_order
from app.rag.passage_order import PassageOrders
from app.retrieval.index import Hit
from app.settings.model import PassageOrder
from tests.rag.made import hits


def ids(found: list[Hit]) -> str:
    return "".join(hit.passage.id[0] for hit in found)


def ask(orders: PassageOrders, names: str, order: PassageOrder) -> str:
    """The passages of these letters, arranged and used."""
    arranged = orders.arrange(hits(*names), order)
    orders.note(arranged, order)
    return ids(arranged)


def test_popular_passages_come_first() -> None:
    orders = PassageOrders()
    assert ask(orders, "cab", "popular") == "abc"
    for _ in range(3):
        ask(orders, "cx", "popular")
    assert ask(orders, "bca", "popular") == "cab"


def test_passages_of_about_the_same_popularity_keep_their_places() -> None:
    orders = PassageOrders()
    for names in ["a"] * 5 + ["b"] * 7:
        ask(orders, names, "popular")
    assert ask(orders, "ba", "popular") == "ab"
    ask(orders, "b", "popular")
    assert ask(orders, "ba", "popular") == "ba"


def test_cached_takes_the_longest_beginning_of_an_earlier_prompt() -> None:
    orders = PassageOrders()
    assert ask(orders, "cab", "cached") == "abc"
    assert ask(orders, "dba", "cached") == "abd"
    assert ask(orders, "dcb", "cached") == "bcd"
    # Both ways of two passages are there; a b d is longer than any of them.
    assert ask(orders, "dbax", "cached") == "abdx"
    assert ask(orders, "cb", "cached") == "bc"


def test_of_equally_long_beginnings_the_latest_is_taken() -> None:
    orders = PassageOrders()
    assert [ask(orders, names, "cached") for names in ("ax", "by", "ba", "ba")] == ["ax", "by", "ba", "ba"]


def test_anchored_leaves_the_best_where_it_is() -> None:
    orders = PassageOrders()
    assert ask(orders, "cba", "anchored") == "cab"
    assert ask(orders, "cxb", "anchored") == "cbx"
    # Behind c there is a b, and b x: the longer way is taken.
    assert ask(orders, "cbaz", "anchored") == "cabz"
    assert ask(orders, "bca", "anchored")[0] == "b"
    assert ask(orders, "", "anchored") == ""


@pytest.mark.parametrize("order", ["rank", "canonical"])
def test_the_other_orders_remember_nothing(order: PassageOrder) -> None:
    orders = PassageOrders()
    for _ in range(9):
        ask(orders, "zy", order)
    assert ask(orders, "zya", order) == {"rank": "zya", "canonical": "ayz"}[order]
    assert ask(orders, "zya", "popular") == "ayz"


def test_counts_fade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passage_order, "FORGET_EVERY", 8)
    orders = PassageOrders()
    for _ in range(7):
        ask(orders, "z", "popular")
    for _ in range(14):
        ask(orders, "a", "popular")
    assert ask(orders, "za", "popular") == "az"


def test_the_tree_stays_small_and_keeps_what_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passage_order, "MOST_NODES", 40)
    orders, rng = PassageOrders(), random.Random(3)
    for number in range(400):
        ask(orders, "".join(rng.sample("cdefghijklmnopqrstuvwxyz", 4)), "cached")
        if number % 3 == 0:
            assert ask(orders, "ba", "cached") in ("ab", "ba")
        assert orders._nodes <= 41
        assert orders._nodes == _count(orders._root)
    known = set(orders._root.behind)
    assert known & {"a.md:0", "b.md:0"}


def _count(node: passage_order._Node) -> int:
    return len(node.behind) + sum(_count(below) for below in node.behind.values())


def test_every_passage_is_there_once_from_several_threads() -> None:
    orders = PassageOrders()
    wrong: list[str] = []

    def work(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(300):
            names = "".join(rng.sample("abcdefgh", 5))
            order: PassageOrder = rng.choice(["cached", "anchored"])
            if sorted(ask(orders, names, order)) != sorted(names):
                wrong.append(names)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
