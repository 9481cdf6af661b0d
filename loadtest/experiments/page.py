"""report.html of an experiment: one file without any request to elsewhere, like a run's."""

from pathlib import Path

from loadtest.experiments.page_compare import compare_content
from loadtest.experiments.page_scaling import scaling_content
from loadtest.report.file import replace_file
from loadtest.report.frame import render
from loadtest.report.page import NAME
from loadtest.schema.experiment import Experiment


def save_experiment_page(experiment: Experiment, folder: Path) -> Path:
    """Write FOLDER/report.html; returns its path."""
    return replace_file(folder / NAME, render_experiment(experiment).encode())


def render_experiment(experiment: Experiment) -> str:
    """The page as HTML; everything that comes from outside is escaped."""
    content = {"experiment": experiment, "title": f"{experiment.name}: {experiment.kind}"}
    if experiment.comparison is not None:
        content |= compare_content(experiment, experiment.comparison)
        return render("compare.html.j2", content, "loadtest.experiments")
    content |= scaling_content(experiment)
    return render("scaling.html.j2", content, "loadtest.experiments")
