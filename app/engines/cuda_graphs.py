"""Which steps of vLLM are replayed from CUDA graphs.

A step that isn't is launched by Python, operation by operation, and takes longer for that than the GPU
computes: by default all steps that hold a prompt, as vLLM's own limit is 512 tokens.
"""

from collections.abc import Mapping
from typing import Any

VLLMS_OWN = (1, 2, 4, *range(8, 256, 8), *range(256, 513, 16))
"""Tokens of a step, as vLLM chooses them (docs of its ``CompilationConfig.cudagraph_capture_sizes``)."""
WIDER = (*range(640, 4097, 128), *range(4352, 16385, 256))
"""Steps are padded to the next size; these cost 3 % of the tokens on average, and a capture of 0.1 s each."""
DECIDE = ("cudagraph_capture_sizes", "max_cudagraph_capture_size", "compilation_config")
"""Arguments of vLLM's engine by which users decide it themselves."""


def capture_sizes(largest: int, step_tokens: int | None, given: Mapping[str, Any]) -> list[int] | None:
    """Tokens of the steps to capture; None leaves it to vLLM.

    Args:
        largest: step to capture, in tokens.
        step_tokens: most tokens that a step can have, if that is known here; vLLM drops what is beyond it.
        given: arguments of the engine from the user.
    """
    if largest <= VLLMS_OWN[-1] or any(name in given for name in DECIDE):
        return None
    most = min(largest, step_tokens or largest)
    # A full step is the most frequent one under load.
    return [*(size for size in (*VLLMS_OWN, *WIDER) if size < most), most]
