"""Trains the demo model: ``python -m training.train --tokenizer FOLDER --out OUT --seconds 500``.

Time, not steps, sets the schedule, so that it ends when it has to; starting and compiling (about a minute)
come on top. Run again with the same ``--out`` it goes on from its checkpoint; ``--of`` says how many seconds
all runs together have. Every two minutes and at its end it writes the checkpoint and the model, whatever ends
it: time, ``--wall`` seconds since its start, SIGTERM, Ctrl-C or an error.
"""

import argparse
import json
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import GenerationConfig, Qwen2ForCausalLM

from training.batches import Batch, loader
from training.optimizer import Optimizer
from training.rows import LENGTH
from training.shape import config
from training.tokenizer import copy_tokenizer

SAVE_EVERY_S = 120
STARTED = time.monotonic()


@dataclass
class Plan:
    """What one run does, as the command line says.

    Attributes:
        tokenizer: folder of the tokenizer.
        out: folder of checkpoint, weights and log.
        start: folder of weights to begin with; ``""``: random ones.
        seconds: how long this run trains.
        of: how long all runs train.
        wall: seconds since the process began after which this run ends, whatever it has done by then.
        rows: rows of a batch.
        workers: processes that make batches.
        layers: of the model.
        width: of the model.
        matrix_rate: highest learning rate of the layers' matrices.
        other_rate: of embeddings, norms and biases.
        warm_steps: steps until the highest rate.
        decay: last part of the time, in which the rate falls to zero.
        others: weight of predicting other tokens than answers, at the start.
        others_until: part of the time in which it falls to ``others_rest``.
        others_rest: what it stays at: it keeps the embeddings of rare tokens apart, which copying needs.
        seed: of weights and data.
        compile: compile the model.
    """

    tokenizer: str
    out: str
    start: str = ""
    seconds: float = 60
    of: float = 60
    wall: float = 1e9
    rows: int = 56
    workers: int = 15
    layers: int = 10
    width: int = 384
    matrix_rate: float = 0.012
    other_rate: float = 0.002
    warm_steps: int = 200
    decay: float = 0.4
    others: float = 0.4
    others_until: float = 0.3
    others_rest: float = 0.1
    seed: int = 0
    compile: bool = True


class Training:
    """Model, optimizer and how far they are.

    Args:
        plan: what to do.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(plan.seed)
        torch.set_float32_matmul_precision("high")
        if plan.start:
            self.model = Qwen2ForCausalLM.from_pretrained(plan.start, dtype=torch.float32)
        else:
            self.model = Qwen2ForCausalLM(config(layers=plan.layers, width=plan.width))
        self.model.to(self.device).train()
        self.optimizer = Optimizer(self.model, matrix_rate=plan.matrix_rate, other_rate=plan.other_rate)
        self.body: Any = torch.compile(self.model.model, dynamic=False) if plan.compile else self.model.model
        self.trained_s = 0.0
        self.steps = 0
        self.told_to_end = False
        self.out = Path(plan.out)
        self.out.mkdir(parents=True, exist_ok=True)

    def run(self) -> None:
        """Train for the plan's seconds; the clock starts after the first step, when all is compiled."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        self.restore()
        try:
            self._train()
        finally:
            self.save()
            self.export()

    def _train(self) -> None:
        plan = self.plan
        batches = loader(
            str(Path(plan.tokenizer) / "tokenizer.json"),
            rows=plan.rows, seed=plan.seed * 100 + self.steps, workers=plan.workers,
        )  # fmt: skip
        before, started = self.trained_s, time.monotonic()
        saved = logged = started
        waited = 0.0
        first = self.steps
        while (now := time.monotonic()) - started < plan.seconds and not self.told_to_end:
            if now - STARTED > plan.wall:
                break
            self.trained_s = before + now - started
            asked = time.monotonic()
            batch = next(batches)
            waited += time.monotonic() - asked
            answers, others = self.step(batch)
            if self.steps == first + 1:
                answers.item()
                self.log(compiled_s=time.monotonic() - started)
                started = logged = saved = time.monotonic()
            if self.steps - first in (2, 5, 20) or now - logged > 15:
                rate = (self.steps - first - 1) / (time.monotonic() - started)
                self.log(answers=answers.item(), others=others.item(), steps_s=rate, waited_s=waited)
                logged = now
            if now - saved > SAVE_EVERY_S:
                self.save()
                self.export()
                saved = time.monotonic()

    def _end(self, *_: object) -> None:
        self.told_to_end = True

    def step(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """One update. Returns the mean losses of answer tokens and of other tokens."""
        part = {name: tensor.to(self.device, non_blocking=True) for name, tensor in batch.items()}
        progress = self.trained_s / self.plan.of
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            states = self.body(
                input_ids=part["ids"],
                position_ids=part["positions"],
                attention_mask=visible(part["turns"]),
                use_cache=False,
            ).last_hidden_state
            states = states.reshape(-1, states.shape[-1])[part["at"]]
            logits = functional.linear(states, self.model.lm_head.weight)
            losses = functional.cross_entropy(logits.float(), part["target"], reduction="none")
        answers = (losses * part["weight"]).sum() / part["weight"].sum()
        others = (losses * part["other"]).sum() / part["other"].sum()
        fall = min(1.0, progress / self.plan.others_until)
        weight = self.plan.others * (1 - fall) + self.plan.others_rest * fall
        (answers + weight * others).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step(self.share(progress))
        self.steps += 1
        return answers.detach(), others.detach()

    def share(self, progress: float) -> float:
        """Share of the highest learning rate: up, level, down to zero."""
        warm = min(1.0, (self.steps + 1) / self.plan.warm_steps)
        return warm * min(1.0, max(0.0, 1 - progress) / self.plan.decay)

    def log(self, **figures: float) -> None:
        """One line on the terminal and in ``log.jsonl``."""
        line = json.dumps(
            {"step": self.steps, "trained_s": round(self.trained_s, 1)}
            | {name: round(value, 4) for name, value in figures.items()}
        )
        print(line, flush=True)
        with (self.out / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "model": self.model.state_dict(), "optimizer": self.optimizer.state(),
            "trained_s": self.trained_s, "steps": self.steps,
        }  # fmt: skip
        torch.save(state, self.out / "checkpoint.new")
        (self.out / "checkpoint.new").rename(self.out / "checkpoint.pt")

    def restore(self) -> None:
        """Go on from the checkpoint, if there is one."""
        path = self.out / "checkpoint.pt"
        if not path.is_file():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load(state["optimizer"])
        self.trained_s, self.steps = state["trained_s"], state["steps"]

    def export(self) -> None:
        """The model as it is shipped: bfloat16 weights, configuration, tokenizer."""
        folder = self.out / "model"
        model = Qwen2ForCausalLM(self.model.config).to(torch.bfloat16)
        model.load_state_dict(self.model.state_dict())
        model.config.dtype = "bfloat16"
        ends = {"eos_token_id": model.config.eos_token_id, "pad_token_id": model.config.pad_token_id}
        model.generation_config = GenerationConfig(**ends)
        model.save_pretrained(folder)
        copy_tokenizer(Path(self.plan.tokenizer), folder)


def visible(turns: Tensor) -> Tensor:
    """What each token sees: those before it of its own turn, and of turn 0. (n, L) → (n, 1, L, L)."""
    before = torch.ones(LENGTH, LENGTH, dtype=torch.bool, device=turns.device).tril()
    same = turns[:, :, None] == turns[:, None, :]
    shared = (turns == 0)[:, None, :]
    return ((same | shared) & before)[:, None]


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in asdict(Plan("", "")).items():
        option = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=value)
        else:
            parser.add_argument(
                option, type=type(value), default=value, required=name in ("tokenizer", "out")
            )
    Training(Plan(**vars(parser.parse_args()))).run()


if __name__ == "__main__":
    main()
