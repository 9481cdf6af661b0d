"""How long a new replica took, as stacked bars: the same on a run's page and on a scaling page."""

from collections.abc import Mapping, Sequence

from loadtest.report.bars import BarCard, Part, Stack, bar_card
from loadtest.schema.observed import ReplicaStart

PARTS = {
    "accepted": Part("accepted", "c1", "From the decision until the API server had taken the change."),
    "scheduled": Part(
        "scheduled", "c7", "Until a node was found for the pod: one that has to be made first shows here."
    ),
    "pulled": Part("pulled", "c3", "Until the image was there."),
    "started": Part("started", "c2", "Until the container ran."),
    "loaded": Part("loaded", "c5", "Until the model was loaded and the replica was ready."),
    "first_token": Part(
        "first token", "c4", "Until it had answered something: the time until it is sent requests is in it."
    ),
}


def lag_stack(name: str, moments: Mapping[str, float | None], begin_s: float = 0.0) -> Stack:
    """Moments since a beginning as the time from each to the next; those that weren't seen join the next."""
    parts: dict[str, float] = {}
    last = begin_s
    for part in PARTS:
        moment = moments.get(f"{part}_s")
        if moment is not None:
            parts[part] = moment - last
            last = moment
    unseen = "first token not seen" if moments.get("first_token_s") is None else ""
    return Stack(name, unseen, parts)


def start_bars(starts: Sequence[ReplicaStart]) -> BarCard | None:
    """The replicas that came during a run, from the making of their pods on."""
    if not starts:
        return None
    stacks = [
        lag_stack(start.replica, start.model_dump(exclude={"replica"}), start.created_s or 0.0)
        for start in starts
    ]
    parts = {name: part for name, part in PARTS.items() if name != "accepted"}
    return bar_card("New replicas, from the making of their pods on", stacks, parts, shares=False)
