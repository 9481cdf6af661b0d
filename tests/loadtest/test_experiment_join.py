"""`loadtest join` as a process: from folders to a folder, and from ConfigMaps to a ConfigMap."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest.cluster.packing import Content, pack, unpack
from loadtest.errors import SettingsError
from loadtest.experiments.file import load_kept
from loadtest.experiments.reading import read_runs
from loadtest.join_settings import JoinSettings
from loadtest.layering import load_settings
from loadtest.report.file import dump_report, save_report
from loadtest.schema import Report
from loadtest.schema.experiment import Experiment
from tests.loadtest.api_server import api_server
from tests.loadtest.conftest import ROOT
from tests.loadtest.made_experiment import side_runs


@pytest.fixture(scope="module")
def runs() -> dict[str, Report]:
    return {run.plan["label"]["side"]: run for run in side_runs((8, 24), rounds=2)}


def _loadtest(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loadtest", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", **variables},
        timeout=300,
    )


def test_folders_become_a_folder_that_show_opens(runs: dict[str, Report], tmp_path: Path) -> None:
    folders = [str(save_report(runs[side], tmp_path / side).parent) for side in ("rvc", "baseline")]
    out = tmp_path / "out"
    done = _loadtest("join", "compare", *folders, "--name", "x", "--out", str(out))
    assert done.returncode == 0, done.stdout
    assert "published" in done.stdout
    assert f"Report: {out / 'experiment.json'}" in done.stdout
    experiment = load_kept(out)
    assert isinstance(experiment, Experiment)
    assert experiment.complete
    assert [run.run for run in experiment.runs] == ["cmp-rvc", "cmp-baseline"]
    assert "published" in (out / "summary.txt").read_text()
    (out / "report.html").rename(out / "first.html")
    shown = _loadtest("show", str(out), "--html")
    assert shown.returncode == 0
    assert (out / "report.html").exists()
    assert "Sides against baseline" in shown.stdout


def test_configmaps_become_a_configmap(runs: dict[str, Report], tmp_path: Path) -> None:
    """As the chart's Job does it: everything comes from variables."""
    with api_server("joined", "joined-part-1") as api:
        for side in ("baseline", "rvc"):
            files = {"summary.txt": b"A table\n", "report.json": dump_report(runs[side])}
            # Small enough to need parts.
            api.maps |= pack(files, [f"r-{side}", f"r-{side}-part-1"], limit_bytes=9_000).maps
        api.maps["r-rac"] = Content({"summary.txt": "The run did not start: nobody answers.\n"})
        done = _loadtest(
            "join",
            KUBECONFIG=api.kubeconfig(tmp_path),
            LOADTEST_KIND="compare",
            LOADTEST_RUNS="r-baseline,r-rvc,r-rac,r-rsc",
            LOADTEST_NAME="x",
            LOADTEST_INCOMPLETE="side rsc: it was not Ready after 600 s; the comparison was stopped",
            LOADTEST_REPORT_CONFIGMAP="joined",
            LOADTEST_REPORT_PARTS="1",
            LOADTEST_NAMESPACE="n",
        )
        files = unpack(api.maps, "joined")
    assert done.returncode == 3, done.stdout
    experiment = json.loads(files["experiment.json"])
    assert [side["name"] for side in experiment["comparison"]["sides"]] == ["baseline", "rvc"]
    assert experiment["incomplete_reasons"] == [
        "side rsc: it was not Ready after 600 s",
        "the comparison was stopped",
        "r-rac is not among the runs: The run did not start: nobody answers",
        'r-rsc is not among the runs: the API server answers 404: configmaps "r-rsc" not found',
    ]
    assert "Incomplete: side rsc" in files["summary.txt"].decode()
    assert b"<svg" in files["report.html"]
    assert files["figures.tsv"].decode().splitlines()[1] == "-\trun\tx\t\t"
    assert "Report: ConfigMap joined" in done.stdout


def test_runs_that_do_not_go_together_are_said_in_the_configmap(
    runs: dict[str, Report], tmp_path: Path
) -> None:
    with api_server("joined") as api:
        for name in ("a", "b"):
            api.maps |= pack({"report.json": dump_report(runs["rac"])}, [name]).maps
        done = _loadtest(
            *("join", "compare", "a", "b", "--name", "x", "--report-configmap", "joined", "--namespace", "n"),
            KUBECONFIG=api.kubeconfig(tmp_path),
        )
        said = api.maps["joined"].data["summary.txt"]
    assert done.returncode == 1
    assert said.startswith("The runs were not joined: The runs cmp-rac and cmp-rac are both of side rac")


def test_a_folder_that_is_missing_costs_no_other(runs: dict[str, Report], tmp_path: Path) -> None:
    save_report(runs["rac"], tmp_path / "rac")
    reports, reasons = read_runs([str(tmp_path / "none"), str(tmp_path / "rac")], None)
    assert [report.run for report in reports] == ["cmp-rac"]
    assert len(reasons) == 1
    assert reasons[0].endswith("can't be read: No such file or directory")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "other", "runs": ["a"], "name": "x"}, "kind = 'other' is wrong"),
        ({"kind": "compare", "name": "x"}, "(RUNS, LOADTEST_RUNS or `runs:` in the settings file)"),
        ({"kind": "compare", "runs": ["a"]}, "name is missing: give --name, LOADTEST_NAME"),
    ],
)
def test_a_wrong_setting_is_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(JoinSettings, options)
    assert said in str(error.value)


def test_sentences_are_told_apart_by_semicolons_in_a_variable_only(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = {"kind": "compare", "runs": ["a,b", "c"], "name": "x"}
    settings = load_settings(JoinSettings, needed | {"incomplete": ["one; still one", "two, too"]})
    assert (settings.runs, settings.incomplete) == (("a", "b", "c"), ("one; still one", "two, too"))
    monkeypatch.setenv("LOADTEST_INCOMPLETE", "one, still; two;")
    assert load_settings(JoinSettings, needed).incomplete == ("one, still", "two")
