"""The simulated prefix cache: what it holds, and what it forgets first."""

from bench.passage_order import TOKENS, Cache, hit_share
from tests.rag.made import hits


def test_it_holds_beginnings() -> None:
    cache = Cache(room=100 * TOKENS)
    assert cache.ask(["a", "b", "c"]) == 0
    assert cache.ask(["a", "b", "d"]) == 2
    assert cache.ask(["b", "c"]) == 0
    assert cache.ask(["a", "b", "c"]) == 3


def test_it_forgets_the_ends_of_what_is_unused() -> None:
    cache = Cache(room=4 * TOKENS)
    cache.ask(["a", "b", "c"])
    cache.ask(["x", "y"])
    assert cache.ask(["a", "b", "c"]) == 2


def test_remembered_orders_hit_more() -> None:
    found = [hits(*names) for names in ("abc", "bac", "cab", "bca", "acb")] * 20
    shares = {order: hit_share(found, order, 10**6) for order in ("rank", "canonical", "cached")}
    assert shares["canonical"] == shares["cached"] > 0.9
    # All five ranks are in the cache after one round too, with room for them; with little room they are not.
    assert hit_share(found, "rank", 4 * TOKENS) < 0.5 < hit_share(found, "cached", 4 * TOKENS)
