"""Both tools against a server that knows when it sent what: whose TTFT is nearer to the truth?"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import httpx

from bench.bare_server import MODEL
from bench.crosscheck_figures import Measured
from bench.crosscheck_tools import FOLDER, by_loadtest, by_vllm
from bench.truth import any_questions, bare_server
from loadtest.settings import RunSettings


@dataclass(frozen=True, slots=True)
class Off:
    """How far the median TTFT from sending is from the server's own, in seconds; the truth beside it."""

    truth_s: float
    loadtest_s: float
    vllm_s: float


def off_by(run: RunSettings) -> Off:
    """One level by each tool.

    Args:
        run: the plan; its target and questions are replaced.
    """
    questions = any_questions(FOLDER)
    with bare_server(run.max_tokens) as url:
        plan = run.model_copy(update={"target": url, "questions": questions})
        true_s, loadtest_s = _beside(url, lambda: by_loadtest(plan))
        truth_s, vllm_s = _beside(url, lambda: by_vllm(plan, MODEL))
    return Off(truth_s, loadtest_s - true_s, vllm_s - truth_s)


def _beside(url: str, tool: Callable[[], Measured]) -> tuple[float, float]:
    before = len(httpx.get(f"{url}/truth").json())
    ttft_s = tool().ttft_s
    truths = httpx.get(f"{url}/truth").json()[before:]
    return median(each["first"] - each["read"] for each in truths if each["first"]), ttft_s
