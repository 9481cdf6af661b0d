"""What happens in the process of vLLM's engine core before it loads the model.

Imported only where vLLM runs: vLLM 0.24 and 0.32 have ``UniProcExecutor`` in the same place, and take a class
of it as ``distributed_executor_backend``.
"""

import os
import sys

from vllm.v1.executor.uniproc_executor import UniProcExecutor

THREAD_SWITCH_MS = "CORE_THREAD_SWITCH_MS"
"""In the environment, to measure with another value."""
SWITCH_MS = "0.5"
"""How long one thread keeps Python's lock while another waits for it; Python's own is 5.

The thread that runs the model computes in Python for most of a step, and those that take requests in and hand
tokens out wait for it: the tokens of a step can be several milliseconds old when they leave.
"""


class CoreExecutor(UniProcExecutor):
    """Runs the model in the engine core's own process, on one accelerator or the CPU."""

    def _init_executor(self) -> None:
        sys.setswitchinterval(float(os.environ.get(THREAD_SWITCH_MS, SWITCH_MS)) / 1000)
        super()._init_executor()
