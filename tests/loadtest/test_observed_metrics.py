"""From two scrapes to what happened in between."""

import pytest

from loadtest.cluster.metrics import read_text, window_of

TEXT = """\
# HELP rag_llm_requests_total Requests.
# TYPE rag_llm_requests_total counter
rag_llm_requests_total{outcome="ok"} %(ok)s
rag_llm_requests_total{outcome="overloaded"} 1.0
rag_llm_requests_created{outcome="ok"} 1.7e+09
# TYPE rag_llm_stage_seconds histogram
rag_llm_stage_seconds_bucket{stage="embed",le="0.1"} 3.0
rag_llm_stage_seconds_sum{stage="embed"} %(embed)s
rag_llm_stage_seconds_count{stage="embed"} %(ok)s
# TYPE rag_llm_output_tokens_total counter
rag_llm_output_tokens_total %(tokens)s
# TYPE rag_llm_engine_running gauge
rag_llm_engine_running %(running)s
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0",model_name="m"} %(usage)s
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{engine="0"} %(tokens)s
# TYPE vllm:prefix_cache_hits_total counter
vllm:prefix_cache_hits_total{engine="0"} 30.0
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 5.0
"""


def _scrape(**values: float) -> dict[tuple[str, str], float]:
    defaults = {"ok": 0.0, "embed": 0.0, "tokens": 0.0, "running": 0.0, "usage": 0.0}
    return read_text((TEXT % (defaults | values)).encode())


def test_only_what_is_wanted_is_read() -> None:
    reading = _scrape(ok=4)
    assert reading["rag_llm_requests_total", "ok"] == 4
    assert reading["vllm:prefix_cache_hits_total", ""] == 30
    assert not [name for name, _ in reading if name.startswith(("process", "rag_llm_stage_seconds_bucket"))]


def test_differences_are_summed_over_replicas() -> None:
    before = {"a:9400": _scrape(ok=10, embed=1, tokens=100), "b:9400": _scrape()}
    after = {"a:9400": _scrape(ok=14, embed=1.4, tokens=180), "b:9400": _scrape(ok=6, embed=0.6, tokens=120)}
    samples = [
        {"a:9400": _scrape(running=3, usage=0.2), "b:9400": _scrape(running=2, usage=0.5)},
        {"a:9400": _scrape(running=4, usage=0.3), "b:9400": _scrape()},
    ]
    window = window_of(8.0, 1, 20.0, before, after, samples)
    assert window.replicas == 2
    assert window.requests == {"ok": 10.0, "overloaded": 0.0}
    assert window.output_tokens == 200
    assert window.output_tps == 10
    assert window.stage_mean_s == {"embed": pytest.approx(0.1)}
    assert window.engine_running_peak == 5
    assert window.kv_cache_usage_peak == 0.5
    assert window.prefix_cache_hit_share == 0
    assert window.preemptions is None


def test_a_counter_that_began_again_is_not_negative() -> None:
    window = window_of(1.0, 1, 1.0, {"a": _scrape(ok=50)}, {"a": _scrape(ok=7)}, [])
    assert window.requests["ok"] == 7


def test_replicas_that_came_or_went_are_left_out() -> None:
    before = {"a": _scrape(ok=1), "gone": _scrape(ok=100)}
    after = {"a": _scrape(ok=3), "new": _scrape(ok=40)}
    window = window_of(1.0, 1, 1.0, before, after, [])
    assert (window.replicas, window.requests["ok"]) == (1, 2.0)


def test_a_text_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        read_text(b"rag_llm_engine_running many\n")
