"""The rows of one transformers ``generate``: each with its own sampling, stop rules and listener."""

import threading
import time
from collections.abc import Callable, Sequence

import torch
from tokenizers import Tokenizer
from transformers import LogitsProcessor, StoppingCriteria

from app.engines.contract import Delta, FinishReason, FirstDelta, Sampling
from app.engines.text import TextStream
from app.errors import RagLlmError

Emit = Callable[[Delta | RagLlmError], None]


class Row:
    """One request on its way through a worker thread.

    Args:
        prompt: token ids.
        sampling: how its answer is drawn.
        emit: called from the worker thread with each delta, or with the error that ended it.
    """

    def __init__(self, prompt: Sequence[int], sampling: Sampling, emit: Emit) -> None:
        self.prompt = list(prompt)
        self.sampling = sampling
        self.emit = emit
        self.cancelled = threading.Event()
        self.finished = False
        self._count = 0
        self._since_s = self._begun_s = time.perf_counter()
        self._text: TextStream | None = None
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)

    def begin(self) -> None:
        """A worker begins with it now."""
        self._begun_s = time.perf_counter()

    def draw(self, logits: torch.Tensor) -> int:
        """Choose a token from one row of logits, shape [vocabulary]."""
        sampling = self.sampling
        if sampling.temperature == 0:
            return int(logits.argmax())
        probabilities = (logits.float().cpu() / sampling.temperature).softmax(-1)
        ordered, ids = probabilities.sort(descending=True)
        # Nucleus sampling (Holtzman et al. 2020): the smallest set whose probability reaches top_p.
        ordered[ordered.cumsum(-1) - ordered >= sampling.top_p] = 0
        return int(ids[torch.multinomial(ordered, 1, generator=self._generator)])

    def accept(self, token: int, tokenizer: Tokenizer, end_tokens: frozenset[int]) -> bool:
        """Take the drawn token, tell the listener, and say whether the answer is complete."""
        if self.finished or self.cancelled.is_set():
            return True
        self._count += 1
        self._text = self._text or TextStream(tokenizer, self.sampling.stop)
        reason: FinishReason | None = None
        text = ""
        if token in end_tokens and not self.sampling.ignore_eos:
            reason = "stop"
        else:
            text = self._text.push(token)
            if self._text.stopped:
                reason = "stop"
            elif self._count >= self.sampling.max_tokens:
                reason = "length"
        if reason:
            text += self._text.finish()
            self.finished = True
        if self._count == 1:
            queue_s, prefill_s = self._begun_s - self._since_s, time.perf_counter() - self._begun_s
            self.emit(FirstDelta(text, 1, reason, queue_s, prefill_s))
        else:
            self.emit(Delta(text, 1, reason))
        return self.finished


class DrawRows(LogitsProcessor):
    """Leaves each row only its drawn token, so that generate's greedy choice takes it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Logits in, logits out; both [rows, vocabulary]."""
        for number, row in enumerate(self._rows):
            if row.sampling.temperature > 0 and not row.finished:
                token = row.draw(scores[number])
                scores[number] = float("-inf")
                scores[number, token] = 0
        return scores


class AcceptRows(StoppingCriteria):
    """Hands each new token to its row. The step's own hook, so it streams and stops in one place."""

    def __init__(self, rows: Sequence[Row], tokenizer: Tokenizer, end_tokens: frozenset[int]) -> None:
        self._rows = rows
        self._tokenizer = tokenizer
        self._end_tokens = end_tokens

    def __call__(self, input_ids: torch.Tensor, scores: object, **kwargs: object) -> torch.Tensor:
        """Token ids of prompts and answers so far, [rows, length], in; which rows are done, [rows], out."""
        tokens = input_ids[:, -1].tolist()
        done = [
            row.accept(token, self._tokenizer, self._end_tokens)
            for row, token in zip(self._rows, tokens, strict=True)
        ]
        return torch.tensor(done, device=input_ids.device)
