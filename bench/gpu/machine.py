"""The machine: what it is, and a share of it."""

import json
import os
import platform
import sys
from pathlib import Path


def describe(path: Path) -> int:
    """Write down the machine; how many GPUs it has."""
    import torch

    gpus = torch.cuda.device_count()
    described = {
        "gpus": [torch.cuda.get_device_name(number) for number in range(gpus)],
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "platform": platform.platform(),
        "python": sys.version.split()[0],
        "torch": torch.__version__,
    }
    path.write_text(json.dumps(described, indent=1), "utf-8")
    return gpus


def take_share(number: int, of: int) -> None:
    """Use one GPU and its share of the cores, here and in all that is started; caches of its own as well.

    Args:
        number: of the share, from 0.
        of: shares in all.
    """
    cores = sorted(os.sched_getaffinity(0))
    each = len(cores) // of
    os.sched_setaffinity(0, cores[number * each : (number + 1) * each])
    os.environ["CUDA_VISIBLE_DEVICES"] = str(number)
    # Two engines that compile at once would write the same files.
    os.environ["VLLM_CACHE_ROOT"] = str(Path.home() / f".cache/vllm-{number}")
