"""What the chart's values may say to the load test is what the load test understands."""

import json

from loadtest.settings import RunSettings
from tests.loadtest.conftest import ROOT

# Those that the Job sets itself, and those that mean nothing in a pod.
OWN = {
    "api_key",
    "expect_workers",
    "gate",
    "master_bind_host",
    "master_bind_port",
    "namespace",
    "observe",
    "out",
    "questions",
    "records",
    "report_configmap",
    "report_parts",
    "run",
    "watch_pid",
    "workers",
}


def test_the_schema_knows_every_setting_and_no_other() -> None:
    schema = json.loads((ROOT / "charts/values.schema.json").read_text())
    known = schema["properties"]["loadtest"]["properties"]["settings"]["properties"]
    assert set(known) == set(RunSettings.model_fields) - OWN
