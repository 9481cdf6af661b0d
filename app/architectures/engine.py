"""Which engine an architecture runs in its processes."""

from app.engines.contract import Engine
from app.settings import Architecture, Settings


def build_engine(settings: Settings) -> Engine:
    """vLLM for rvc, transformers for the others. Imported late: each takes seconds to import."""
    if settings.architecture is Architecture.RVC:
        from app.engines.vllm import VllmEngine

        return VllmEngine(settings)
    from app.engines.transformers import TransformersEngine

    return TransformersEngine(settings)
