"""`make loadtest` in the background, while something happens to the release."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.cluster.kube import REPOSITORY, Namespace, wait_until


@dataclass
class Load:
    """A load run, and its report once it has ended.

    Attributes:
        run: its id.
        report: report.json, filled in after the ``with`` block.
    """

    namespace: Namespace
    run: str
    report: dict[str, Any] = field(default_factory=dict)
    printed: str = ""
    code: int = 0

    @property
    def configmap(self) -> str:
        """Name of the report's ConfigMap."""
        return f"{self.namespace.release}-report-{self.run}"

    def read_report(self) -> dict[str, Any]:
        """report.json as it stands in the cluster now; {} before there is one."""
        data = self.namespace.get("configmap", self.configmap).get("data") or {}
        return dict(json.loads(data.get("report.json", "{}")))

    def counts(self) -> dict[str, int]:
        """Requests of all levels and rounds: scheduled, completed, failed, unfinished, …"""
        total: dict[str, int] = {}
        for level in self.report["levels"]:
            for one in level["rounds"]:
                for name, count in one["counts"].items():
                    total[name] = total.get(name, 0) + count
        return total

    def all_answered(self) -> bool:
        """Every request that was due got a whole answer, in a run that ended as planned."""
        counts = self.counts()
        return bool(self.report["complete"]) and counts["scheduled"] == counts["completed"] > 0


@contextmanager
def load(namespace: Namespace, run: str, *, rps: float, duration_s: float, **words: str) -> Iterator[Load]:
    """Start a run and wait until it sends; at the end wait for the report."""
    started = Load(namespace, run)
    options = {"RPS": f"{rps:g}", "DURATION": f"{duration_s:g}", "RUN": run, "WARMUP": "1"} | words
    process = subprocess.Popen(
        [
            "make",
            "--no-print-directory",
            "loadtest",
            f"RELEASE={namespace.release}",
            f"NAMESPACE={namespace.name}",
        ]
        + [f"{name}={value}" for name, value in options.items()],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    assert process.stdout is not None
    reading = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reading.start()
    try:
        wait_until("the load job sends", lambda: sends(started) or process.poll() is not None, 120)
        assert process.poll() is None, f"the load did not begin: {''.join(lines)}"
        yield started
        process.wait(duration_s + 180)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
        reading.join(5)
        started.printed, started.code = "".join(lines), process.returncode
    started.report = wait_until(f"the report of {run}", started.read_report, 60)


def sends(load: Load) -> bool:
    """Whether the first level has begun: its line of progress is in the log."""
    name = f"job/{load.namespace.release}-loadtest-{load.run}"
    return "window" in load.namespace.kubectl("logs", name, check=False)
