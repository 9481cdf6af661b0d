"""vLLM's outputs as deltas."""

import time
from typing import Any

from app.engines.contract import Delta, FinishReason, FirstDelta
from app.engines.token_texts import AnswerText
from app.errors import EngineFailed


def text_of(answer: Any, written: AnswerText | None) -> str:
    """Of a vllm CompletionOutput.

    Args:
        answer: tokens and how it ended.
        written: the answer so far, which gives the text of tokens; None: vLLM has made the text.
    """
    if written is None:
        return str(answer.text)
    tokens = answer.token_ids
    # The token that ended it has no text.
    return written.push(tokens[:-1] if answer.finish_reason == "stop" else tokens)


def first_delta(output: Any, text: str, asked_s: float) -> Delta:
    """Of a vllm RequestOutput. Its times are there if statistics are on, all by the engine core's clock.

    Args:
        output: the first one.
        text: of its tokens.
        asked_s: when the request was handed over, by time.monotonic. On Linux that is the engine core's
            clock too, so the way there and the wait for the step that runs are queueing, as they should be:
            vLLM's own begins when the core looks at new requests, between two steps.
    """
    answer, times = output.outputs[0], output.metrics
    tokens, reason = len(answer.token_ids), reason_of(answer.finish_reason)
    if times is None or not times.scheduled_ts:
        return Delta(text, tokens, reason)
    begun_s = asked_s if asked_s <= times.queued_ts <= time.monotonic() else times.queued_ts
    queue_s, prefill_s = times.scheduled_ts - begun_s, times.first_token_ts - times.scheduled_ts
    return FirstDelta(text, tokens, reason, queue_s, prefill_s)


def reason_of(reason: str | None) -> FinishReason | None:
    """The contract's name of how an answer ended.

    Raises:
        EngineFailed: it ended otherwise than by itself.
    """
    match reason:
        case None:
            return None
        case "stop":
            return "stop"
        case "length":
            return "length"
    raise EngineFailed(f"vLLM ended the answer with {reason!r}")
