"""`vllm bench serve`'s own client, given the requests and the times at which to send them.

`python -m bench.vllm_client --url URL --model NAME --requests FILE --out FILE`. Sending, reading, timing
and figures are those of `vllm.benchmarks.serve.benchmark`, which the command `vllm bench serve` calls too.
Only the requests and their times come from a file instead of its data sets; of these only timed_trace has
times, and it sends token ids, which is no chat. The command itself does not start with vLLM's build for
CPUs, which is a package of another name.
"""

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import Any

from vllm.benchmarks.datasets import SampleRequest
from vllm.benchmarks.serve import TaskType, benchmark

from loadtest.generate.usage import raise_priority


async def measure(
    url: str, model: str, requests: list[dict[str, Any]], body: dict[str, Any]
) -> dict[str, Any]:
    """Send the requests at their times.

    Args:
        url: base URL of the server, without /v1.
        model: its name.
        requests: each with `prompt`, `timestamp` (seconds from the start) and `tokens` (of the answer).
        body: further fields of every request.

    Returns:
        What `vllm bench serve --save-detailed` saves, and `cpu_share`: CPU time / wall time of this process.
    """
    samples = [
        SampleRequest(
            prompt=request["prompt"],
            prompt_len=0,  # the server's usage says it
            expected_output_len=request["tokens"],
            timestamp=request["timestamp"],
        )
        for request in requests
    ]
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    result: dict[str, Any] = await benchmark(
        task_type=TaskType.GENERATION,
        endpoint_type="openai-chat",
        api_url=f"{url}/v1/chat/completions",
        base_url=url,
        model_id=model,
        model_name=model,
        tokenizer=None,
        input_requests=samples,
        logprobs=None,
        request_rate=float("inf"),
        burstiness=1.0,
        disable_tqdm=True,
        num_warmups=0,
        profile=False,
        selected_percentile_metrics=["ttft", "tpot", "itl", "e2el"],
        selected_percentiles=[99.0],
        ignore_eos=True,
        goodput_config_dict={},
        max_concurrency=None,
        lora_modules=None,
        extra_headers=None,
        extra_body=body,
        ready_check_timeout_sec=0,
        self_timed=True,
    )
    result["cpu_share"] = (time.process_time() - cpu_s) / (time.perf_counter() - wall_s)
    return result


def main() -> None:
    """Measure, and write the result as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--requests", type=Path, required=True, help="JSONL: prompt, timestamp, tokens")
    parser.add_argument(
        "--body", type=json.loads, default={}, help="JSON object: more fields of the requests"
    )
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    raise_priority(given.nice)
    requests = [json.loads(line) for line in given.requests.read_text("utf-8").splitlines()]
    result = asyncio.run(measure(given.url, given.model, requests, given.body))
    given.out.write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main()
