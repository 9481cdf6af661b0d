"""Where the time of a request went: the client's own times joined, by request id, with the server's spans."""

from typing import Literal

from pydantic import Field

from loadtest.schema.part import Part

Stage = Literal[
    "send_lag",
    "transport",
    "admit",
    "retrieve_queue",
    "embed",
    "search",
    "prompt",
    "engine_queue",
    "prefill",
    "first_delta",
    "decode",
    "end",
]
STAGES: dict[Stage, str] = {
    "send_lag": "scheduled arrival to sending: the generator was late",
    "transport": "sending to the first delta, less all that the server accounts for: connecting, network, "
    "proxy and the queues in front of the replica; what is left unexplained",
    "admit": "the request's arrival in the replica to its retrieval: reading and checking it",
    "retrieve_queue": "waiting to be embedded together with other questions",
    "embed": "the question through the embedding model",
    "search": "the nearest passages in the index",
    "prompt": "building and tokenizing the prompt",
    "engine_queue": "waiting in the engine for a place in a step",
    "prefill": "the prompt through the model, up to the first token",
    "first_delta": "the first token to the first delta handed to the network: detokenizing and the way back",
    "decode": "first to last delta, as the client saw it",
    "end": "last delta to the end of the stream",
}
"""In the order in which a request meets them; `transport` stands where the request leaves the client."""


class Waterfall(Part):
    """The stages of the requests of a window that were answered completely and carry the server's spans.

    All stages of a request add up to its e2e latency exactly: `transport` is what is left over.
    """

    requests: int = Field(description="requests that were joined")
    unjoined: int = Field(description="complete answers without spans, or with those of another request id")
    mean_s: dict[Stage, float] = Field(description="mean of each stage")
    p99_s: dict[Stage, float] = Field(description="p99 of each stage by itself: these do not add up")
    slowest_s: dict[Stage, float] = Field(
        description="mean of each stage over the tenth of the requests with the largest TTFT"
    )
    server_decode_mean_s: float | None = Field(description="first to last delta by the server's clock")
