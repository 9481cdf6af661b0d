"""Muon for the matrices inside the layers, AdamW for the rest."""

from collections import defaultdict
from typing import Any

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 5
"""Of the Newton-Schulz iteration; its coefficients make the singular values about 1 in these steps."""


class Muon:
    """Momentum whose update is made orthogonal; matrices of one shape are handled together.

    Args:
        matrices: two-dimensional parameters.
        momentum: share of the last update that is kept.
        decay: weight decay, times the learning rate.
    """

    def __init__(self, matrices: list[nn.Parameter], *, momentum: float = 0.95, decay: float = 0.02) -> None:
        groups: dict[tuple[int, ...], list[nn.Parameter]] = defaultdict(list)
        for matrix in matrices:
            groups[tuple(matrix.shape)].append(matrix)
        self._groups = list(groups.values())
        self._momentum = momentum
        self._decay = decay
        self._kept = [
            torch.zeros(len(group), *group[0].shape, device=group[0].device) for group in self._groups
        ]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Update at a learning rate, and clear the gradients."""
        for group, kept in zip(self._groups, self._kept, strict=True):
            gradient = torch.stack([matrix.grad for matrix in group if matrix.grad is not None])
            kept.lerp_(gradient, 1 - self._momentum)
            update = _orthogonal(gradient.lerp(kept, self._momentum))
            scale = rate * max(1.0, group[0].shape[0] / group[0].shape[1]) ** 0.5
            matrices: list[Tensor] = list(group)
            torch._foreach_mul_(matrices, 1 - rate * self._decay)
            torch._foreach_add_(matrices, list((update * -scale).to(group[0].dtype)))
            for matrix in group:
                matrix.grad = None

    def state(self) -> list[Tensor]:
        """What a checkpoint keeps."""
        return self._kept

    def load(self, state: list[Tensor]) -> None:
        """Go on from a checkpoint."""
        for kept, saved in zip(self._kept, state, strict=True):
            kept.copy_(saved)


def _orthogonal(matrices: Tensor) -> Tensor:
    """The nearest orthogonal matrices, roughly. (n, rows, columns) → the same shape."""
    a, b, c = COEFFICIENTS
    x: Tensor = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(STEPS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    orthogonal: Tensor = x.mT if tall else x
    return orthogonal.float()


class Optimizer:
    """Both, under one learning rate schedule.

    Args:
        model: its parameters are updated.
        matrix_rate: Muon's highest learning rate.
        other_rate: AdamW's.
    """

    def __init__(self, model: nn.Module, *, matrix_rate: float, other_rate: float) -> None:
        named = list(model.named_parameters())
        inside = [item for name, item in named if item.ndim == 2 and "embed" not in name]
        rest = [item for name, item in named if item.ndim != 2 or "embed" in name]
        self._matrix_rate, self._other_rate = matrix_rate, other_rate
        self._muon = Muon(inside)
        self._adam = torch.optim.AdamW(rest, lr=other_rate, betas=(0.9, 0.95), weight_decay=0.0)

    def step(self, share: float) -> None:
        """Update at a share of the highest learning rates, and clear the gradients."""
        for group in self._adam.param_groups:
            group["lr"] = self._other_rate * share
        self._adam.step()
        self._muon.step(self._matrix_rate * share)
        self._adam.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"muon": self._muon.state(), "adam": self._adam.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._muon.load(state["muon"])
        self._adam.load_state_dict(state["adam"])
