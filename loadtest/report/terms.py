"""What the words of the pages mean: shown where they are pointed at, and listed at the end of a page."""

TERMS = {
    "arrivals": (
        "Arrivals",
        "Requests are sent at times drawn before the run, whether or not earlier ones were answered.",
    ),
    "rate": ("Rate", "Arrivals a second that the plan asks for (RPS)."),
    "offered": ("Offered", "Arrivals in the window / window. Arrivals are drawn at random: near the rate."),
    "achieved": ("Achieved", "Complete answers that ended inside the window / window."),
    "ttft": (
        "TTFT",
        "Time to first token: from the scheduled arrival to the first content delta. The lateness of the "
        "generator is in it.",
    ),
    "ttft_send": ("TTFT from sending", "First content delta - time of sending."),
    "tpot": (
        "TPOT",
        "Time per output token: (last delta - first delta) / (output tokens - 1), of each request.",
    ),
    "itl": ("ITL", "Inter-token latency: gaps between content deltas, of all requests together."),
    "itl_max": (
        "ITL max",
        "The longest gap between content deltas of each request: how smooth its stream was.",
    ),
    "e2e": ("Latency", "From the scheduled arrival to the end of the stream."),
    "latency_avg": ("Latency avg", "Mean time from the scheduled arrival to the end of the stream."),
    "latency_total": (
        "Latency total",
        "Makespan: from the first arrival of the window to the end of its last request.",
    ),
    "tps": ("TPS", "Output tokens that arrived inside the window / window, by the server's usage counts."),
    "goodput": (
        "Goodput",
        "Requests that met every service level / window. Errors, timeouts and unfinished ones are misses.",
    ),
    "errors": ("Errors", "Requests of the window that failed, timed out or never finished, over all rounds."),
    "window": (
        "Window",
        "The arrivals after the warm-up. The load goes on until their answers have ended.",
    ),
    "percentile": ("Percentiles", "From raw values of complete answers, by linear interpolation."),
    "send_lag": ("Send lag", "Time of sending - scheduled time: how late the generator was."),
    "loop_lag": (
        "Loop lag",
        "How late the generator's event loop woke up, sampled 50 times a second: reads are as late.",
    ),
    "cpu": ("Generator CPU", "CPU time of a generator process / wall time; 100% is one whole core."),
    "throttled": ("Throttled", "CFS periods in which the generator's CPU limit stopped it."),
    "in_flight": ("In flight", "Requests that were due and had not ended, at the window's start and end."),
    "tokens": ("Output tokens", "Mean output tokens of a complete answer."),
    "verdict": (
        "Verdict",
        "Whether the point may be used; only valid and saturated ones say something of the server.",
    ),
    "valid": (
        "valid",
        "Achieved / offered ≥ 0.99, p99 of send and loop lag ≤ 5 ms, generator CPU ≤ 50% and unthrottled.",
    ),
    "saturated": (
        "saturated",
        "The server did not keep up: its requests in flight grew by more than chance explains.",
    ),
    "generator-limited": (
        "generator-limited",
        "The generator did not keep up: the point says nothing about the server.",
    ),
    "errors-verdict": ("errors", "Too many requests failed for the other figures to be compared."),
    "incomplete": ("incomplete", "The run ended in this level: it was not measured whole."),
    "knee": (
        "Knee",
        "Highest valid rate that meets the service levels: 99% of the requests inside them, or the named "
        "percentile, and no growth in flight.",
    ),
    "slo": ("Service level", "A limit that requests have to meet, such as TTFT p99 ≤ 500 ms."),
    "interval": (
        "Interval",
        "95% bootstrap interval of the median over the rounds: values that repeats of this run could as well "
        "have brought. One round has none.",
    ),
    "change": ("Change", "(this side - baseline) / baseline."),
    "published": (
        "Published",
        "The change that was published for rvc against the baseline at 24 requests a second and above.",
    ),
    "recall": (
        "Recall",
        "Share of the sampled questions whose gold document is among the retrieved passages.",
    ),
    "scored": (
        "Scored",
        "Complete answers of the window, evenly spread over it, whose texts were kept and scored once the "
        "level had ended; over all rounds.",
    ),
    "exact_match": (
        "Exact match",
        "Share of the scored answers that are the expected one, but for case, punctuation, articles, spaces.",
    ),
    "f1": (
        "F1",
        "Mean token F1 of the scored answers: harmonic mean of the shares of words that answer and expected "
        "answer have in common.",
    ),
    "refused": ("Refused", "Share of the scored answers saying that it is not in the documents."),
    "same_passages": (
        "Same passages",
        "Share of the sampled questions for which the same passages were retrieved, in the same order, as by "
        "the baseline.",
    ),
    "same_answer": (
        "Same answer",
        "Share of the sampled questions answered word for word as by the baseline.",
    ),
    "same_beginning": (
        "Same beginning",
        "Mean share of the longer answer up to the first difference between the two. Batches change the "
        "order of additions, so that long answers may part at a near tie.",
    ),
    "efficiency": (
        "Efficiency",
        "(TPS / replicas) / (TPS / replicas of the smallest count that says something) at this rate; 100% is "
        "linear. There is none where that count keeps up with all that is offered.",
    ),
    "allowed": (
        "Allowed",
        "Change for the worse that noise may make: the tolerance, or the baseline's own spread if wider.",
    ),
    "slowest": (
        "Slowest tenth",
        "Mean of each part over the tenth of the requests with the largest TTFT.",
    ),
    "joined": (
        "Joined",
        "Answers whose server-side spans were found by their request id; the bars are made of these.",
    ),
    "gold_rank": ("Gold rank", "Place of the first retrieved passage that comes from the gold document."),
}
"""key: (word, explanation)."""


def terms(*keys: str) -> list[tuple[str, str]]:
    """Words with their explanations, for the list at the end of a page."""
    return [TERMS[key] for key in keys]
