"""What can be set, where it comes from, and what is refused.

``model`` says what there is (one pydantic class a section), ``sources`` where values come from and which
wins, ``load`` puts them together and turns every fault into one sentence. Presets are YAML files.

What doesn't belong here: anything that acts on a setting.
"""

from app.settings.load import load_settings
from app.settings.model import Architecture, Settings

__all__ = ["Architecture", "Settings", "load_settings"]
