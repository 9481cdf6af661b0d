"""rac, rsc and rvc in a Ray cluster, for serveConfigV2: ``import_path: app.architectures.cluster:build``.

Nothing is bound to the replicas but where their settings come from: each reads the environment of its own
pod. So the application stays the same, and Serve keeps its replicas, when only user_config changes.
"""

from functools import partial
from typing import Any

from ray import serve

from app.architectures.replicas import build_serve_application
from app.errors import SettingsError, StartError
from app.settings import Architecture, load_settings


def build(args: dict[str, Any]) -> serve.Application:
    """The application ``rag-llm`` with its one deployment ``rag-llm``.

    Args:
        args: settings that win over the environment, as nested sections; in most cases none.

    Raises:
        StartError: the environment or the args are wrong, or say baseline.
    """
    try:
        settings = load_settings(overrides=args)
        if settings.architecture is not Architecture.BASELINE:
            return build_serve_application(settings, partial(load_settings, overrides=args))
    except SettingsError as error:
        raise StartError(
            f"the environment of this pod, or the application's args, are wrong: {error}"
        ) from error
    raise StartError(
        "architecture = baseline runs without Ray, by `rag-llm serve`: "
        "set RAG_LLM_ARCHITECTURE to rac, rsc or rvc"
    )
