"""Stacks are counted for whose code they are in."""

from pathlib import Path

import pytest

from bench.gpu.profile import SAMPLES_PER_S, SECONDS, ledger, work_of

STACKS = """\
run (asyncio/runners.py:118);_run (asyncio/events.py:84);generate (app/engines/vllm.py:120) 120
run (asyncio/runners.py:118);handle (vllm/v1/engine/async_llm.py:6);add (vllm/v1/engine/detokenizer.py:9) 60
run (asyncio/runners.py:118);_run (asyncio/events.py:84) 30
main (x.py:1);len (builtin.py:2) 6
"""


def test_the_innermost_known_file_decides(tmp_path: Path) -> None:
    path = tmp_path / "stacks-API-server-1.txt"
    path.write_text(STACKS, "utf-8")
    all_samples = SECONDS * SAMPLES_PER_S
    assert work_of(path) == {
        kind: pytest.approx(count / all_samples)
        for kind, count in {
            "engine's outputs": 120,
            "detokenizing": 60,
            "event loop": 30,
            "other": 6,
        }.items()
    }
    # 120 of 1200 samples: 100 ms of each second, in which 10 requests of 100 tokens came.
    assert ledger(tmp_path, 10, 100)[2] == "| API server | engine's outputs | 10.0% | 10000 | 100.0 |"
