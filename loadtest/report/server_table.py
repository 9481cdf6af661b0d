"""What cluster and server said, as text in the terminal."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtest.report.wording import NONE, milliseconds, number
from loadtest.schema.observed import Observed, ObservedPod, ObservedWindow, ReplicaStart

COLUMNS = (
    "RPS",
    "Replicas",
    "Ended",
    "Output\ntok/s",
    "Request\nmean ms",
    "Running\npeak",
    "Waiting\npeak",
    "KV cache\npeak",
    "Prefix\nhits",
)


def print_observed(observed: Observed, console: Console) -> None:
    """Print the server's own counts, its pods, and what changed during the run."""
    if observed.windows:
        table = Table(
            title=escape(f"The server's own counts: {observed.release} in {observed.namespace}"),
            box=box.SIMPLE_HEAD,
            padding=(0, 1),
            show_edge=False,
        )
        for name in COLUMNS:
            table.add_column(name, justify="right", no_wrap=True)
        for window in observed.windows:
            table.add_row(*window_cells(window))
        console.print(table)
        for window in observed.windows:
            if stages := stages_text(window):
                console.print(
                    f"{window.rate_rps:g} RPS, mean ms: {escape(stages)}.", highlight=False, soft_wrap=True
                )
    for pod in observed.pods:
        console.print(f"Pod {escape(f'{pod.name}: {pod_text(pod)}')}.", highlight=False, soft_wrap=True)
    for start in observed.starts:
        console.print(f"Replica {escape(f'{start.replica} came: {start_text(start)}')}.", highlight=False)
    for warning in observed.warnings:
        console.print(f"[yellow]Note:[/yellow] {escape(warning)}.", highlight=False, soft_wrap=True)


def window_cells(window: ObservedWindow) -> list[str]:
    """The texts of COLUMNS."""
    return [
        f"{window.rate_rps:g}",
        str(window.replicas),
        ", ".join(f"{count:g} {outcome}" for outcome, count in window.requests.items() if count) or NONE,
        number(window.output_tps, 1),
        milliseconds(window.request_mean_s),
        number(window.engine_running_peak, 0),
        number(window.engine_waiting_peak, 0),
        percent(window.kv_cache_usage_peak),
        percent(window.prefix_cache_hit_share),
    ]


def stages_text(window: ObservedWindow) -> str:
    """The stages with their mean, like 'embed 3.1, search 0.2'."""
    return ", ".join(f"{stage} {milliseconds(mean)}" for stage, mean in window.stage_mean_s.items())


def start_text(start: ReplicaStart) -> str:
    """When each step of its start was seen, in seconds from the start of the load."""
    times = start.model_dump(exclude={"replica"})
    seen = [f"{name.removesuffix('_s')} {value:g} s" for name, value in times.items() if value is not None]
    return ", ".join(seen).replace("first_token", "first token") or "not seen starting"


def pod_text(pod: ObservedPod) -> str:
    """What a pod is and where, in a line."""
    accelerators = [f"{count} {name}" for name, count in pod.accelerators.items()]
    parts = [pod.component, f"on {pod.node}" if pod.node else "on no node", *accelerators]
    if pod.cpu:
        parts.append(f"CPU limit {pod.cpu}")
    parts += [f"{name}={value}" for name, value in pod.node_labels.items()]
    restarts = pod.restarts_after if pod.restarts_after is not None else pod.restarts_before
    return ", ".join([*parts, f"{restarts} restarts", *sorted(set(pod.images.values()))])


def percent(share: float | None) -> str:
    """A share, or a dash where there is none."""
    return NONE if share is None else f"{share:.0%}"
