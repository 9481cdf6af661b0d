"""Prometheus text of the server's processes -> what happened between two scrapes."""

from collections.abc import Mapping, Sequence

from prometheus_client.parser import text_string_to_metric_families

from loadtest.schema.observed import ObservedWindow

# The samples that are read, and the label by which each is told apart (the others are summed up).
WANTED: dict[str, str] = {
    "rag_llm_ready": "",
    "rag_llm_requests_total": "outcome",
    "rag_llm_request_seconds_sum": "",
    "rag_llm_request_seconds_count": "",
    "rag_llm_stage_seconds_sum": "stage",
    "rag_llm_stage_seconds_count": "stage",
    "rag_llm_prompt_tokens_total": "",
    "rag_llm_output_tokens_total": "",
    "rag_llm_retrieved_passages_total": "",
    "rag_llm_ongoing_requests": "",
    "rag_llm_engine_running": "",
    "rag_llm_engine_waiting": "",
    "vllm:num_requests_running": "",
    "vllm:num_requests_waiting": "",
    "vllm:kv_cache_usage_perc": "",
    "vllm:prefix_cache_queries_total": "",
    "vllm:prefix_cache_hits_total": "",
    "vllm:num_preemptions_total": "",
}

# (sample, value of its label or "") -> value, of one process.
Reading = dict[tuple[str, str], float]
# By endpoint, such as 10.244.0.7:9400.
Scrape = Mapping[str, Reading]


def read_text(text: bytes) -> Reading:
    """The wanted samples of one process.

    Raises:
        ValueError: it is no Prometheus text.
    """
    # Most of the text is histogram buckets that nobody asks for: parsing them would cost ten times more.
    names = tuple(WANTED)
    lines = [line for line in text.decode().splitlines() if line.startswith(names)]
    reading: Reading = {}
    for family in text_string_to_metric_families("\n".join(lines) + "\n"):
        for sample in family.samples:
            if sample.name in WANTED:
                label = WANTED[sample.name]
                key = (sample.name, sample.labels.get(label, "") if label else "")
                reading[key] = reading.get(key, 0.0) + sample.value
    return reading


def window_of(
    rate_rps: float,
    round_number: int,
    span_s: float,
    before: Scrape,
    after: Scrape,
    samples: Sequence[Scrape],
) -> ObservedWindow:
    """What happened between two scrapes.

    Args:
        rate_rps: of the level.
        round_number: of its repeat.
        span_s: seconds between the scrapes.
        before: the first scrape.
        after: the second; only endpoints of both are counted.
        samples: scrapes in between, for the peaks.
    """
    both = sorted(before.keys() & after.keys())
    grown: Reading = {}
    for endpoint in both:
        for key, value in after[endpoint].items():
            earlier = before[endpoint].get(key, 0.0)
            # A counter that has shrunk began again at 0, with a new process on the same port.
            grown[key] = grown.get(key, 0.0) + (value - earlier if value >= earlier else value)

    def total(name: str) -> float | None:
        return grown.get((name, ""))

    def by_label(name: str) -> dict[str, float]:
        return {label: value for (each, label), value in sorted(grown.items()) if each == name and label}

    times, counts = by_label("rag_llm_stage_seconds_sum"), by_label("rag_llm_stage_seconds_count")
    output = total("rag_llm_output_tokens_total")
    running = _peak(samples, "rag_llm_engine_running")
    waiting = _peak(samples, "rag_llm_engine_waiting")
    usages = [
        reading[key]
        for scrape in samples
        for reading in scrape.values()
        if (key := ("vllm:kv_cache_usage_perc", "")) in reading
    ]
    return ObservedWindow(
        rate_rps=rate_rps,
        round=round_number,
        span_s=span_s,
        replicas=len(both),
        requests=by_label("rag_llm_requests_total"),
        output_tokens=output,
        prompt_tokens=total("rag_llm_prompt_tokens_total"),
        output_tps=output / span_s if output is not None and span_s > 0 else None,
        retrieved_passages=total("rag_llm_retrieved_passages_total"),
        request_mean_s=_ratio(total("rag_llm_request_seconds_sum"), total("rag_llm_request_seconds_count")),
        stage_mean_s={stage: times[stage] / counts[stage] for stage in times if counts.get(stage)},
        ongoing_peak=_peak(samples, "rag_llm_ongoing_requests"),
        engine_running_peak=running if running is not None else _peak(samples, "vllm:num_requests_running"),
        engine_waiting_peak=waiting if waiting is not None else _peak(samples, "vllm:num_requests_waiting"),
        kv_cache_usage_peak=max(usages, default=None),
        prefix_cache_hit_share=_ratio(
            total("vllm:prefix_cache_hits_total"), total("vllm:prefix_cache_queries_total")
        ),
        preemptions=total("vllm:num_preemptions_total"),
    )


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _peak(samples: Sequence[Scrape], name: str) -> float | None:
    """The largest sum over all endpoints."""
    sums = [
        sum(values)
        for scrape in samples
        if (values := [reading[name, ""] for reading in scrape.values() if (name, "") in reading])
    ]
    return max(sums, default=None)
