"""Every error that the load test raises on purpose, as one tree.

    LoadtestError
    ├── SettingsError     an option, variable or line of the settings file is unknown or wrong
    ├── QuestionsError    the questions file is missing, empty or has a wrong line
    ├── TargetError       the target can't be reached or refuses the probe request
    ├── WorkersError      worker processes did not come up
    ├── ReportError       a report is missing, damaged or of another schema version
    └── ClusterError      the cluster's API can't be used
        ├── ApiAway       it doesn't answer now: worth trying again
        └── ApiRefused    it answers no, and will again: a missing right or object

Each message is a sentence that names what is wrong and what would be right. All of them are raised
before the load starts or after it ended: during a run, failures are recorded, not raised.
"""


class LoadtestError(Exception):
    """The root: catching it catches all that is raised on purpose."""


class SettingsError(LoadtestError):
    """An option, variable or line of the settings file is unknown or wrong."""


class QuestionsError(LoadtestError):
    """The questions file is missing, empty or has a wrong line."""


class TargetError(LoadtestError):
    """The target can't be reached or refuses the probe request."""


class WorkersError(LoadtestError):
    """Worker processes did not come up."""


class ReportError(LoadtestError):
    """A report is missing, damaged or of another schema version."""


class ClusterError(LoadtestError):
    """The cluster's API can't be used."""


class ApiAway(ClusterError):
    """The API server doesn't answer now: worth trying again."""


class ApiRefused(ClusterError):
    """The API server answers no, and will again: a missing right or object, or a wrong one."""
