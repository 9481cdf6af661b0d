"""Options, variables and the settings file: which wins, and what is said when one is wrong."""

from pathlib import Path
from typing import Any

import pytest

from loadtest.errors import SettingsError
from loadtest.layering import load_settings
from loadtest.settings import RunSettings, WorkerSettings

NEEDED: dict[str, Any] = {"target": "http://h:1", "rps": "2,4.5", "questions": "q.jsonl"}


def _yaml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    return path


def test_options_win_over_variables_and_those_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _yaml(
        tmp_path, "target: http://h:1\nrps: [1, 2]\nquestions: q\nseed: 1\nrounds: 2\nmax-tokens: 9"
    )
    monkeypatch.setenv("LOADTEST_SEED", "2")
    monkeypatch.setenv("LOADTEST_ROUNDS", "3")
    settings = load_settings(RunSettings, {"seed": "5"}, config)
    assert (settings.seed, settings.rounds, settings.max_tokens, settings.rps) == (5, 3, 9, (1.0, 2.0))


def test_lists_and_pairs_are_the_same_in_all_three_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_option = load_settings(RunSettings, NEEDED | {"slo": ["ttft_s=1", "e2e_s=9"], "watch_pid": ["1", "2"]})
    monkeypatch.setenv("LOADTEST_SLO", "ttft_s=1,e2e_s=9")
    monkeypatch.setenv("LOADTEST_WATCH_PID", "1,2")
    by_variable = load_settings(RunSettings, NEEDED)
    monkeypatch.delenv("LOADTEST_SLO")
    monkeypatch.delenv("LOADTEST_WATCH_PID")
    config = _yaml(tmp_path, "slo: {ttft_s: 1, e2e_s: 9}\nwatch_pid: [1, 2]")
    assert by_option == by_variable == load_settings(RunSettings, NEEDED, config)
    assert by_option.rps == (2.0, 4.5)


def test_service_levels_carry_units(tmp_path: Path) -> None:
    slo = "ttft_p99=500ms, tpot_p99_s=.05,e2e_p95=2s,ttft_s=0.25"
    expected = {"ttft_p99_s": 0.5, "tpot_p99_s": 0.05, "e2e_p95_s": 2.0, "ttft_s": 0.25}
    assert load_settings(RunSettings, NEEDED | {"slo": slo}).slo == expected
    config = _yaml(tmp_path, "slo: {ttft_p99: 500ms, tpot_p99: 0.05, e2e_p95: 2, ttft: 250 ms}")
    assert load_settings(RunSettings, NEEDED, config).slo == expected
    # As a report's plan has them.
    assert load_settings(RunSettings, NEEDED | {"slo": expected}).slo == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rsp: 2", "the key 'rsp' is not a setting: did you mean rps?"),
        ("- rps", "should hold lines like"),
        ("rps: [", "is not YAML"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(RunSettings, NEEDED, _yaml(tmp_path, text))
    assert said in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read: No such file"):
        load_settings(RunSettings, NEEDED, tmp_path / "none.yaml")


def test_an_unknown_variable_is_an_error_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADTEST_DURATON", "3")
    with pytest.raises(
        SettingsError, match=r"LOADTEST_DURATON is not a setting: did you mean LOADTEST_DURATION\?"
    ):
        load_settings(RunSettings, NEEDED)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rps": "2,a"}, "rps = 'a' is wrong"),
        ({"rps": "0"}, "rps = '0' is wrong"),
        ({"rps": ""}, "rps"),
        ({"target": "localhost:8000"}, "should begin with http:// or https://"),
        ({"arrivals": "bursty"}, "arrivals = 'bursty' is wrong"),
        ({"slo": ["ttft_p98=1"]}, "'ttft_p98' is no service level; a name is ttft, tpot or e2e"),
        ({"slo": ["ttft_s"]}, "'ttft_s' should have the form name=value"),
        ({"slo": ["ttft_s=-1"]}, "should be a time of more than 0, like 500ms or 2s"),
        ({"slo": ["ttft_s=0ms"]}, "should be a time of more than 0"),
        ({"slo": ["ttft_s=1h"]}, "should be a time of more than 0"),
        ({"duration": "nan"}, "duration = 'nan' is wrong"),
        ({"workers": "2", "expect_workers": "2"}, "exclude each other"),
        ({"max_tokens": "0"}, "--max-tokens, LOADTEST_MAX_TOKENS or `max_tokens:`"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(options: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(RunSettings, NEEDED | options)
    assert said in str(error.value)


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(SettingsError, match=r"questions is missing: give --questions, LOADTEST_QUESTIONS"):
        load_settings(RunSettings, {"target": "http://h", "rps": "1"})


def test_the_api_key_is_never_shown() -> None:
    settings = load_settings(RunSettings, NEEDED | {"api_key": "sk-secret"})
    assert "sk-secret" not in repr(settings)
    with pytest.raises(SettingsError) as error:
        load_settings(RunSettings, NEEDED | {"api_key": ["sk-secret"]})
    assert "sk-secret" not in str(error.value)


def test_the_base_url_may_end_in_v1() -> None:
    assert load_settings(RunSettings, NEEDED | {"target": "http://h:1/v1/"}).target == "http://h:1"


def test_a_variable_of_the_run_is_no_error_for_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADTEST_RPS", "2")
    monkeypatch.setenv("LOADTEST_MASTER_PORT", "6000")
    assert load_settings(WorkerSettings, {}).master_port == 6000
