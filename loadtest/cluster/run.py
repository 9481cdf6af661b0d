"""What a run does with its cluster: observe the release, and keep the report in its ConfigMap."""

import base64
import gzip
import io
import sys
import textwrap
import time
from typing import TYPE_CHECKING

from rich.console import Console

from loadtest.cluster.packing import FIGURES, PAGE, REPORT, SUMMARY
from loadtest.generate.sweep import Tick
from loadtest.report.file import dump_report
from loadtest.report.table import print_report
from loadtest.report.tsv import figures_tsv
from loadtest.schema import Report
from loadtest.schema.observed import Observed
from loadtest.settings import RunSettings

if TYPE_CHECKING:
    from loadtest.cluster.observe import Observer
    from loadtest.cluster.report_configmap import ReportConfigMap

# Within a level only its counters are written: figures of half a level would cost the pod's CPU quota
# a burst, which the generator beside it would feel as throttling.
NEWS_INTERVAL_S = 15.0
# How long the last write is tried. After a signal the pod's grace period (60 s) bounds everything.
PATIENCE_S = 600.0
PATIENCE_AFTER_SIGNAL_S = 40.0
BEFORE_PAGE_S = 10.0


class ClusterRun:
    """Does what the settings ask for; without report_configmap and observe, nothing at all."""

    def __init__(self, settings: RunSettings) -> None:
        """Connect to what is needed; nothing is sent.

        Raises:
            ClusterError: there is no way to an API server.
        """
        self._observer: Observer | None = None
        self._config_map: ReportConfigMap | None = None
        self._report: Report | None = None
        self._told = time.monotonic()
        if settings.report_configmap or settings.observe:
            # Kubernetes' client takes a second to import, which other runs need not wait for.
            from loadtest.cluster import api, observe, report_configmap

            door = api.ClusterApi(settings.namespace)
            if settings.report_configmap:
                self._config_map = report_configmap.ReportConfigMap(
                    door, settings.report_configmap, settings.report_parts
                )
            if settings.observe:
                self._observer = observe.Observer(door, settings.observe)

    @property
    def keeps_report(self) -> bool:
        """Whether there is a ConfigMap to keep it in."""
        return self._config_map is not None

    def begin(self) -> None:
        """Look at the release before the load."""
        if self._observer is not None:
            try:
                self._observer.begin()
            except Exception as error:
                self._lose_sight(error)

    def on_tick(self, tick: Tick) -> None:
        """Follow the sweep."""
        if self._observer is not None:
            self._observer.on_tick(tick)
        if self._config_map is None or self._report is None:
            return
        if time.monotonic() - self._told >= NEWS_INTERVAL_S:
            self._told = time.monotonic()
            news = (
                f"{tick.level.rate_rps:g} RPS was running: {tick.sent} sent, {tick.ended} ended, "
                f"{tick.failed} failed after {tick.elapsed_s:.0f} s"
            )
            reasons = [*self._report.incomplete_reasons, news]
            self._write(self._report.model_copy(update={"incomplete_reasons": reasons}))

    def observed(self, last: bool = False) -> Observed | None:
        """What was observed so far; `last` also looks at pods again."""
        if self._observer is None:
            return None
        try:
            return self._observer.observed(last)
        except Exception as error:
            self._lose_sight(error)
            return None

    def keep(self, report: Report) -> None:
        """Have the report written while the run goes on."""
        self._report, self._told = report, time.monotonic()
        if self._config_map is not None:
            self._write(report)

    def finish(self, report: Report, html: bool, stopped: bool) -> bool:
        """Write the last report and wait until it is there.

        Args:
            report: the last.
            html: whether report.html is wanted.
            stopped: by a signal, so that time is short.

        Returns:
            False if it could not be written: it is in the log then.
        """
        if self._config_map is None:
            return True
        deadline = time.monotonic() + (PATIENCE_AFTER_SIGNAL_S if stopped else PATIENCE_S)
        # Figures first: drawing the page takes seconds of a small pod.
        files = self._write(report)
        self._config_map.wait(BEFORE_PAGE_S)
        if html:
            from loadtest.report.page import render_page

            self._config_map.keep(files | {PAGE: render_page(report).encode()})
        written = self._config_map.wait(max(1.0, deadline - time.monotonic()))
        self._config_map.end()
        if not written:
            _to_log(report, self._config_map.trouble)
        return written

    def tell(self, message: str) -> None:
        """Leave a sentence in summary.txt in place of a report that there won't be."""
        if self._config_map is not None and self._report is None:
            self._config_map.keep({SUMMARY: f"{message}\n".encode()})
            self._config_map.wait(PATIENCE_AFTER_SIGNAL_S)
            self._config_map.end()

    def _lose_sight(self, error: Exception) -> None:
        """Whatever a cluster may say that nobody foresaw: it must not cost the figures."""
        print(f"The release is observed no more: {type(error).__name__}: {error}", file=sys.stderr)
        self._observer = None

    def _write(self, report: Report) -> dict[str, bytes]:
        assert self._config_map is not None
        files = {
            SUMMARY: summary_text(report).encode(),
            FIGURES: figures_tsv(report).encode(),
            REPORT: dump_report(report),
        }
        if REPORT in self._config_map.keep(files):
            # The timelines are nearly all of a report's size, and the only part that can be spared.
            levels = [
                level.model_copy(
                    update={"rounds": [each.model_copy(update={"timeline": []}) for each in level.rounds]}
                )
                for level in report.levels
            ]
            files[REPORT] = dump_report(report.model_copy(update={"levels": levels}))
            files[SUMMARY] += b"\nreport.json: without timelines, which had no room.\n"
            self._config_map.keep(files)
        return files


def summary_text(report: Report) -> str:
    """The report's table as plain text."""
    text = io.StringIO()
    print_report(report, Console(file=text, width=100, color_system=None, force_terminal=False))
    return text.getvalue()


def _to_log(report: Report, trouble: str) -> None:
    """The last resort: what no ConfigMap could take is in the pod's log."""
    packed = base64.b64encode(gzip.compress(dump_report(report), mtime=0)).decode()
    print(
        f"The report could not be written to its ConfigMap: {trouble or 'no answer in time'}. Here it is; "
        "`base64 -d | gunzip` makes report.json of the lines in between.",
        "-----BEGIN REPORT-----",
        *textwrap.wrap(packed, 160),
        "-----END REPORT-----",
        summary_text(report),
        sep="\n",
        file=sys.stdout,
        flush=True,
    )
