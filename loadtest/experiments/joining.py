"""`loadtest join`: the reports of runs become one experiment, kept in a folder or in a ConfigMap."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from loadtest.cluster.packing import EXPERIMENT, FIGURES, PAGE, SUMMARY
from loadtest.errors import LoadtestError
from loadtest.experiments.build import build
from loadtest.experiments.file import dump_experiment
from loadtest.experiments.reading import read_runs
from loadtest.experiments.table import experiment_text, print_experiment
from loadtest.experiments.tsv import experiment_tsv
from loadtest.join_settings import JoinSettings
from loadtest.report.file import replace_file
from loadtest.schema.experiment import Experiment

if TYPE_CHECKING:
    from loadtest.cluster.api import ClusterApi

# How long an API server that is away is waited for. Nothing is lost if it stays away: the runs' reports
# remain, and can be joined again.
PATIENCE_S = 300.0
BEFORE_PAGE_S = 30.0


def join(settings: JoinSettings, console: Console) -> tuple[Experiment, bool]:
    """Read the runs, join them, print what they say, and keep it.

    Args:
        settings: of the join.
        console: for the tables.

    Returns:
        The experiment, and whether it is where it should be kept: False if the ConfigMap was not written.

    Raises:
        LoadtestError: nothing could be read, or the runs don't make such an experiment.
    """
    api = None
    if settings.in_cluster:
        # Kubernetes' client takes a second to import, which other joins need not wait for.
        from loadtest.cluster.api import ClusterApi

        api = ClusterApi(settings.namespace)
    try:
        reports, missing = read_runs(settings.runs, api)
        reasons = [*settings.incomplete, *missing]
        experiment = build(settings.kind, settings.name, reports, settings.baseline, reasons)
    except LoadtestError as error:
        if api is not None and settings.report_configmap:
            _to_config_map({SUMMARY: f"The runs were not joined: {error}\n".encode()}, api, settings, None)
        raise
    print_experiment(experiment, console)
    files = files_of(experiment)
    if api is not None and settings.report_configmap:
        kept = _to_config_map(files, api, settings, experiment)
        if kept:
            console.print(f"Report: ConfigMap {settings.report_configmap}", highlight=False, soft_wrap=True)
        return experiment, kept
    folder = settings.out or Path("var/reports") / settings.name
    for name, content in files.items():
        replace_file(folder / name, content)
    console.print(f"Report: {folder / EXPERIMENT}", highlight=False, soft_wrap=True)
    if settings.html:
        from loadtest.experiments.page import save_experiment_page

        page = save_experiment_page(experiment, folder)
        console.print(f"Page:   {page}", highlight=False, soft_wrap=True)
    return experiment, True


def files_of(experiment: Experiment) -> dict[str, bytes]:
    """What is kept of an experiment beside its page, by file name."""
    return {
        SUMMARY: experiment_text(experiment).encode(),
        FIGURES: experiment_tsv(experiment).encode(),
        EXPERIMENT: dump_experiment(experiment),
    }


def _to_config_map(
    files: Mapping[str, bytes], api: "ClusterApi", settings: JoinSettings, experiment: Experiment | None
) -> bool:
    """Write the files, and the page of the experiment if there is one; False if it can't be done."""
    from loadtest.cluster.report_configmap import ReportConfigMap

    assert settings.report_configmap is not None, "asked for by the caller"
    config_map = ReportConfigMap(api, settings.report_configmap, settings.report_parts)
    config_map.keep(files)
    if settings.html and experiment is not None:
        # Figures first: drawing the page takes seconds of a small pod.
        config_map.wait(BEFORE_PAGE_S)
        from loadtest.experiments.page import render_experiment

        config_map.keep({**files, PAGE: render_experiment(experiment).encode()})
    kept = config_map.wait(PATIENCE_S)
    config_map.end()
    return kept
