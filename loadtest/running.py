"""`loadtest run` after its preparation: the sweep and its report, whatever happens in between."""

from pathlib import Path
from typing import IO

import orjson
from rich.console import Console

from loadtest.client.record import Record
from loadtest.cluster.run import ClusterRun
from loadtest.figures.gate import gate
from loadtest.gating import Baseline, remarks_on
from loadtest.generate.crew import Crew, local_crew
from loadtest.generate.messages import Plan
from loadtest.generate.result import SweepResult
from loadtest.generate.search import Search
from loadtest.generate.sweep import Sweep, Tick
from loadtest.generate.workers import worker_crew
from loadtest.memory import MemoryWatch
from loadtest.plan.level import levels_of
from loadtest.preparing import Prepared
from loadtest.progress import SweepProgress
from loadtest.report.build import ReportBuilder, reasons_of
from loadtest.report.file import save_report
from loadtest.schema import Report
from loadtest.searching import searched_levels
from loadtest.stop_signals import StopSignals

RUNNING = "the run has not ended"


def run_sweep(
    prepared: Prepared, console: Console, cluster: ClusterRun, baseline: Baseline | None = None
) -> tuple[Report, int]:
    """Run a sweep and save its report in the prepared folder.

    Args:
        prepared: the run.
        console: for its progress.
        cluster: follows the run; it is given every report but the last, which finish() takes.
        baseline: of a gate.

    Returns:
        The report, and the number of the signal that stopped the run (or 0).

    Raises:
        WorkersError: worker processes did not come up; later, trouble is a reason in the report.
    """
    facts, folder, api_key = prepared.facts, prepared.folder, prepared.api_key
    settings = facts.settings
    search = (
        Search(settings.rps[0], settings.knee_resolution, settings.knee_levels) if settings.knee else None
    )
    builder = ReportBuilder(facts, search)
    levels = list(levels_of(settings)) if search is None else searched_levels(settings, search, builder)
    planned = len(levels) if isinstance(levels, list) else None

    def keep(result: SweepResult) -> None:
        # Kept after each level: even a run that is killed leaves the levels that it has measured.
        builder.add(result.levels)
        whole_sweep = len(result.levels) == planned and not result.reasons
        reasons = [] if whole_sweep else [*result.reasons, RUNNING]
        report = builder.report(reasons, [], cluster.observed())
        save_report(report, folder)
        cluster.keep(report)

    def follow(tick: Tick) -> None:
        progress.show(tick)
        cluster.on_tick(tick)

    distributed = settings.workers or settings.expect_workers
    crew: Crew = worker_crew(settings, api_key) if distributed else local_crew(api_key)
    if not distributed:
        crew.wait_for(1, settings.workers_timeout)
    cluster.begin()
    cluster.keep(builder.report([RUNNING], [], cluster.observed()))
    memory = MemoryWatch(settings.watch_pid)
    with RecordFile(settings.records) as record_file, SweepProgress(console, planned) as progress:
        sweep = Sweep(
            crew,
            levels,
            settings.settle,
            settings.stall_timeout,
            on_tick=follow,
            on_records=record_file.write,
            on_level=keep,
            reset_caches=prepared.reset_caches,
        )
        with StopSignals(sweep.stop) as signals:
            try:
                plan = Plan(
                    run=facts.run,
                    nice=settings.nice,
                    shape=prepared.shape.model_dump(),
                    questions=[(question.id, question.text) for question in prepared.questions],
                )
                result = sweep.run(plan)
            finally:
                crew.end()
    builder.add(result.levels)
    report = builder.report(reasons_of(result, planned), memory.peaks(), cluster.observed(last=True))
    if baseline is not None:
        judged = gate(baseline.report, report, settings.gate_tolerance, remarks_on(baseline, report))
        report = report.model_copy(update={"gate": judged})
    save_report(report, folder)
    return report, signals.received


class RecordFile:
    """records.jsonl in a folder, or nothing; written as records come."""

    def __init__(self, folder: Path | None) -> None:
        """Nothing is opened before the `with` block."""
        self._folder = folder
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "RecordFile":
        """Open the file."""
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = (self._folder / "records.jsonl").open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def write(self, records: list[Record]) -> None:
        """Append records, and hand them to the operating system at once."""
        if self._file is not None:
            self._file.write(b"".join(orjson.dumps(record) + b"\n" for record in records))
            self._file.flush()
