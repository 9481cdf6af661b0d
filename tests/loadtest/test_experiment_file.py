"""The forms of an experiment: experiment.json, figures.tsv and tables; and how large they get."""

import io
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from loadtest.cluster.packing import PAGE, pack
from loadtest.errors import ReportError
from loadtest.experiments.file import load_kept, save_experiment
from loadtest.experiments.joining import files_of
from loadtest.experiments.page import render_experiment
from loadtest.experiments.table import experiment_text, print_experiment
from loadtest.experiments.tsv import experiment_tsv
from loadtest.report.file import save_report
from loadtest.schema.experiment import Experiment
from tests.loadtest.made_experiment import autoscaling_experiment, comparison, scaling_experiment
from tests.loadtest.test_report_file import made_report


@pytest.fixture(scope="module")
def compared() -> Experiment:
    return comparison()


def test_an_experiment_survives_the_round_trip(compared: Experiment, tmp_path: Path) -> None:
    path = save_experiment(compared, tmp_path / "new")
    assert load_kept(path) == load_kept(path.parent) == compared


def test_a_run_is_read_by_the_same_door(tmp_path: Path) -> None:
    report = made_report()
    assert load_kept(save_report(report, tmp_path)) == load_kept(tmp_path) == report


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema_version": 2}, "has schema version 2; this loadtest reads version 1"),
        ({"surprise": 1}, "damaged: 1 fields are wrong, the first is surprise"),
        ({"runs": ["x"]}, "damaged: its runs are no reports"),
        ({"runs": 5}, "damaged: its runs are no reports"),
    ],
)
def test_another_version_or_shape_is_refused(
    compared: Experiment, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    path = save_experiment(compared, tmp_path)
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | change))
    with pytest.raises(ReportError) as error:
        load_kept(path)
    assert said in str(error.value)


def test_runs_joined_by_an_older_loadtest_are_read(compared: Experiment, tmp_path: Path) -> None:
    path = save_experiment(compared, tmp_path)
    content = orjson.loads(path.read_bytes())
    for run in content["runs"]:
        run["schema_version"] = 2
        del run["gate"]
    path.write_bytes(orjson.dumps(content))
    assert load_kept(path) == compared


def test_it_fits_into_one_configmap() -> None:
    large = comparison(rates=tuple(float(rate) for rate in range(2, 42, 2)), rounds=3)
    packed = pack(files_of(large) | {PAGE: render_experiment(large).encode()}, ["main"])
    assert packed.left_out == []
    assert packed.maps["main"].size_bytes < 1024 * 1024


def test_every_figure_is_a_row(compared: Experiment) -> None:
    rows = [line.split("\t") for line in experiment_tsv(compared).splitlines()]
    assert rows[0] == ["rps", "figure", "median", "low", "high"]
    assert all(len(row) == 5 for row in rows)
    found = {(row[0], row[1]): row[2:] for row in rows[1:]}
    assert [row[1:3] for row in rows[1:4]] == [
        ["run", "architectures"],
        ["kind", "compare"],
        ["complete", "true"],
    ]
    assert found["32", "rsc.verdict"][0] == "generator-limited"
    assert found["24", "rvc.ttft_s.published"][0] == "-0.8849"
    value, low, high = map(float, found["24", "rvc.tps.change"])
    assert low <= value <= high
    # 5 sides at 4 rates: a verdict, four figures and five of quality each, changes for all but the baseline.
    assert len([key for key in found if key[0] != "-" and "published" not in key[1]]) == 20 * 10 + 16 * 4


def test_scaling_has_rows_too() -> None:
    found = {tuple(line.split("\t")[:2]) for line in experiment_tsv(scaling_experiment()).splitlines()}
    assert {("24", "replicas-2.efficiency"), ("-", "replicas-4.loaded_s"), ("32", "replicas-1.tps")} <= found
    assert ("-", "replicas-4.first_token_s") not in found


@pytest.mark.parametrize("made", [comparison, scaling_experiment, autoscaling_experiment])
def test_tables_fit_100_columns(made: object) -> None:
    assert callable(made)
    text = experiment_text(made())
    assert "…" not in text
    assert max(map(len, text.splitlines()), default=0) <= 100


def test_a_narrow_terminal_gets_narrower_tables(compared: Experiment) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    print_experiment(compared, console)
    text = console.export_text()
    assert "…" not in text
    assert text.count("Sides against baseline") == 2
    assert "saturated" in text


def test_steps_are_told_with_the_replicas_that_came() -> None:
    text = " ".join(experiment_text(autoscaling_experiment()).split())
    assert "auto-1: 2 RPS for 30 s, then 8 RPS for 90 s, then 2 RPS for 60 s; 1 to 3 replicas ready" in text
    assert "rag-llm-worker-c:9400 51.9 52.3 54.0 54.9 81.9 —" in text


def test_the_table_shows_changes_beside_the_published(compared: Experiment) -> None:
    lines = experiment_text(compared).splitlines()
    index = next(number for number, line in enumerate(lines) if line.startswith("24 "))
    rvc, published = lines[index + 4].split(), lines[index + 5].split()
    assert (rvc[0], rvc[-1]) == ("rvc", "valid")
    assert published == ["published", "-88.5%", "-73.0%", "-71.0%", "+171%"]
    (limited,) = [line for line in lines if "generator-" in line and "rsc" in line and "%" in line]
    assert limited.count("(") == 4


def test_an_incomplete_experiment_says_so(compared: Experiment) -> None:
    text = experiment_text(compared.model_copy(update={"complete": False, "incomplete_reasons": ["no rvc"]}))
    assert "Incomplete: no rvc." in text
    assert "Incomplete" not in experiment_text(compared)
