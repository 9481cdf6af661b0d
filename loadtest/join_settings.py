"""The settings of `loadtest join`, in the three places that those of `loadtest run` have."""

from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

from loadtest.setting_types import Names, Sentences
from loadtest.settings import ARGUMENTS, option


class JoinSettings(BaseSettings):
    """All that a join can be told."""

    model_config = SettingsConfigDict(env_prefix="LOADTEST_", extra="forbid", frozen=True)

    kind: Literal["compare", "scaling"] = option(
        ARGUMENTS, "compare|scaling", description="Sides on the same load, or numbers of replicas."
    )
    runs: Names = option(
        ARGUMENTS,
        "RUN…",
        default=(),
        validate_default=True,
        description="Folders or report.json files; in a cluster the names of their ConfigMaps.",
    )

    name: str = option("Experiment", "NAME", description="Name of the experiment.")
    baseline: str | None = option(
        "Experiment",
        "SIDE",
        default=None,
        description="Side that the others are compared with; by default `baseline`, else the first.",
    )
    incomplete: Sentences = option(
        "Experiment",
        "SENTENCE",
        default=(),
        description="Why something is missing, such as a side that did not start; repeatable.",
    )
    out: Path | None = option(
        "Report", "DIR", default=None, description="Folder of the report; by default var/reports/NAME."
    )
    html: bool = option("Report", flag=True, default=True, description="Write report.html as well.")

    report_configmap: str | None = option(
        "Cluster", "NAME", default=None, description="Keep the report in this ConfigMap, which has to exist."
    )
    report_parts: int = option(
        "Cluster",
        "N",
        default=0,
        ge=0,
        description="ConfigMaps NAME-part-1 … NAME-part-N, which may be used as well.",
    )
    namespace: str | None = option(
        "Cluster",
        "NAME",
        default=None,
        description="Read the runs from ConfigMaps of this namespace; by default, with report-configmap, of "
        "the pod's own.",
    )

    @property
    def in_cluster(self) -> bool:
        """Whether RUNs are names of ConfigMaps."""
        return bool(self.report_configmap or self.namespace)
