"""The shapes of what is kept: report.json of a run. Shapes only, nothing is computed here."""

from loadtest.schema.levels import (
    Counts,
    Distribution,
    GeneratorFigures,
    LevelFigures,
    RoundFigures,
    Second,
    ServiceLevel,
    Spread,
    Verdict,
    VerdictKind,
)
from loadtest.schema.report import SCHEMA_VERSION, Environment, ProcessMemory, Report

__all__ = [
    "SCHEMA_VERSION",
    "Counts",
    "Distribution",
    "Environment",
    "GeneratorFigures",
    "LevelFigures",
    "ProcessMemory",
    "Report",
    "RoundFigures",
    "Second",
    "ServiceLevel",
    "Spread",
    "Verdict",
    "VerdictKind",
]
