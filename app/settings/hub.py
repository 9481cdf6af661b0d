"""Hands the hub settings to the Hugging Face libraries, which read variables when they are imported."""

import os

from app.settings.model import Settings


def export_hub(settings: Settings) -> None:
    """Set HF_HOME, HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE and HF_DATASETS_OFFLINE; call it before any import.

    Settings that are None leave their variable as it is.
    """
    hub = settings.hub
    if hub.home is not None:
        os.environ["HF_HOME"] = hub.home
    switches = {
        "HF_HUB_OFFLINE": hub.offline,
        "TRANSFORMERS_OFFLINE": hub.transformers_offline,
        "HF_DATASETS_OFFLINE": hub.datasets_offline,
    }
    for variable, on in switches.items():
        if on is not None:
            os.environ[variable] = "1" if on else "0"
