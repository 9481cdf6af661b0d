"""report.json: what is written is read again, and what is not a report of ours is refused."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from loadtest.errors import ReportError
from loadtest.layering import load_settings
from loadtest.report.build import ReportBuilder, RunFacts
from loadtest.report.file import load_report, save_report
from loadtest.report.table import print_report
from loadtest.schema import Report
from loadtest.settings import RunSettings
from tests.loadtest.made import level, record, result


def made_report(model: str = "m", label: str = "baseline", reasons: tuple[str, ...] = ()) -> Report:
    """A report of two levels: one valid, one with errors."""
    options = {"target": "http://h:1", "rps": "1,2", "questions": "q", "duration": "4", "warmup": "2"}
    settings = load_settings(
        RunSettings, options | {"api_key": "sk-secret", "label": f"kind={label}", "slo": "ttft_s=0.5"}
    )
    builder = ReportBuilder(RunFacts("r", datetime.now(UTC), settings, model, {"engine": {"name": label}}))
    good = [record(float(t), [t + 0.2, t + 0.4], tokens=3) for t in range(7)]
    bad = [record(t / 2, [t / 2 + 0.2], tokens=1) for t in range(14)]
    bad[8] = record(4.0, error="http_500")
    second = level().model_copy(update={"rate_rps": 2.0, "index": 1})
    builder.add([result(good), result(bad, second)])
    builder.add([result(good), result(bad, second)])
    return builder.report(reasons, [])


def test_a_report_survives_the_round_trip(tmp_path: Path) -> None:
    report = made_report()
    path = save_report(report, tmp_path / "new" / "folder")
    assert load_report(path) == load_report(path.parent) == report
    assert [len(each.rounds) for each in report.levels] == [1, 1]
    assert list(path.parent.iterdir()) == [path]


def test_the_api_key_is_not_in_the_report(tmp_path: Path) -> None:
    assert "secret" not in save_report(made_report(), tmp_path).read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema_version": 4}, "has schema version 4; this loadtest reads versions 1, 2, 3"),
        ({"surprise": 1}, "damaged: 1 fields are wrong, the first is surprise"),
        ({"levels": None}, "damaged: 1 fields are wrong, the first is levels"),
    ],
)
def test_another_version_or_shape_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = save_report(made_report(), tmp_path)
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | change))
    with pytest.raises(ReportError) as error:
        load_report(path)
    assert said in str(error.value)


@pytest.mark.parametrize("version", [1, 2])
def test_older_versions_are_read(tmp_path: Path, version: int) -> None:
    """Version 2 had no waterfall, answers, knee search, gate or warnings; version 1 no server either."""
    path = save_report(made_report(), tmp_path)
    content = orjson.loads(path.read_bytes()) | {"schema_version": version}
    for name in ("warnings", "answers", "knee", "gate", *(["server"] if version == 1 else [])):
        del content[name]
    for figures in content["levels"]:
        for each in figures["rounds"]:
            del each["waterfall"], each["cache_reset"]
    path.write_bytes(orjson.dumps(content))
    report = load_report(path)
    assert (report.schema_version, report.warnings, report.answers) == (3, [], None)
    assert report.levels[0].rounds[0].waterfall is None


@pytest.mark.parametrize(
    ("content", "said"),
    [(b'{"schema_', "is damaged: it is not JSON"), (b"{}", "has no schema_version"), (b"[]", "not a report")],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(ReportError) as error:
        load_report(path)
    assert said in str(error.value)


def test_a_missing_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="can't be read: No such file"):
        load_report(tmp_path)


def test_the_table_fits_80_columns_and_names_what_is_wrong() -> None:
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_report(made_report(reasons=("stopped by SIGINT",)), console)
    text = console.export_text()
    assert "…" not in text
    for expected in (
        "valid",
        "errors",
        "1 of 8 requests failed",
        "1 http_500",
        "Incomplete: stopped by SIGINT",
    ):
        assert expected in text
