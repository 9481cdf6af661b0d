"""Linear layers with weights in the order that the CPU's matrix kernels want them.

Torch's own layers bring their weights into that order at every call, and for a text of a few words that is
a third of the time.
"""

import copy
import warnings
from functools import cache
from typing import Any

import torch
from torch import nn


def _linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    # The operator that torch's own compiler uses; torch 2.11 and 2.13 have it.
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")  # type: ignore[no-any-return]


@cache
def _scripted() -> Any:
    """A recording can't take the operator's empty list from Python, only from a script."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.script(_linear)


class PackedLinear(nn.Module):
    """Gives what `linear` gives.

    Args:
        linear: the layer.

    Attributes:
        weight: packed. A recording can't hold it as a constant: it is set to the recording's input.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), None)
        self.bias = linear.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[…, features in] → […, features out]."""
        return _scripted()(x, self.weight, self.bias)  # type: ignore[no-any-return]


def packed(model: nn.Module) -> tuple[Any, list[PackedLinear]]:
    """The same model with packed linear layers, and these; all other weights are shared with it.

    Raises:
        RuntimeError: it isn't on the CPU, or this CPU or build of torch has no such kernels.
    """
    shared = {id(parameter): parameter for parameter in model.parameters()}
    model = copy.deepcopy(model, shared)
    found: list[PackedLinear] = []
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear:
                found.append(PackedLinear(child))
                setattr(parent, name, found[-1])
    return model, found
