"""Training: it learns, goes on where it ended, and leaves a model behind when it is told to end."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import Qwen2ForCausalLM

from app.demo.weights import WEIGHTS
from app.engines.model_folder import check_model_folder
from training.batches import Batch
from training.optimizer import Muon
from training.train import Plan, Training


def tiny(out: Path, seconds: float) -> Plan:
    return Plan(
        tokenizer=str(WEIGHTS), out=str(out), seconds=seconds, of=100, rows=1, workers=0, layers=1, width=128,
        compile=False,
    )  # fmt: skip


def test_it_ends_with_a_model_when_told_and_goes_on_later(tmp_path: Path) -> None:
    plan = replace(tiny(tmp_path, 600), workers=1)
    options = [f"--{name.replace('_', '-')}={getattr(plan, name)}" for name in
               ("tokenizer", "out", "seconds", "of", "rows", "workers", "layers", "width")]  # fmt: skip
    command = [sys.executable, "-m", "training.train", *options, "--no-compile"]
    process = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "log.jsonl").is_file() and time.monotonic() < deadline:
            time.sleep(0.2)
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    check_model_folder(tmp_path / "model")
    assert Qwen2ForCausalLM.from_pretrained(tmp_path / "model").dtype == torch.bfloat16
    training = Training(tiny(tmp_path, 1))
    training.restore()
    before = training.steps
    assert before >= 1
    training.run()
    assert training.steps > before


def test_whatever_ends_it_a_model_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(tiny(tmp_path, 600))
    step = training.step

    def breaks(batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        if training.steps == 2:
            raise MemoryError
        return step(batch)

    monkeypatch.setattr(training, "step", breaks)
    with pytest.raises(MemoryError):
        training.run()
    check_model_folder(tmp_path / "model")


def test_it_ends_at_the_wall(tmp_path: Path) -> None:
    training = Training(replace(tiny(tmp_path, 600), wall=0.001))
    training.run()
    assert training.steps == 0
    check_model_folder(tmp_path / "model")


def test_the_rate_rises_stays_and_falls(tmp_path: Path) -> None:
    training = Training(tiny(tmp_path, 1))
    training.steps = 10_000
    assert [training.share(progress) for progress in (0.0, 0.5, 0.8, 1.0)] == pytest.approx([1, 1, 0.5, 0])
    training.steps = training.plan.warm_steps // 2 - 1
    assert training.share(0) == pytest.approx(0.5)


def test_muon_steps_are_orthogonal_and_of_the_rate() -> None:
    torch.manual_seed(0)
    matrix = torch.nn.Parameter(torch.zeros(24, 40))
    muon = Muon([matrix], decay=0.0)
    matrix.grad = torch.randn(24, 40)
    muon.step(0.1)
    scales = torch.linalg.svdvals(matrix.detach()) / 0.1
    assert scales.min() > 0.6
    assert scales.max() < 1.3
    assert matrix.grad is None
