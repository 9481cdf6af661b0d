"""How many replicas answer now, by Ray Serve's own word."""

import asyncio
import logging

from ray import serve
from ray.exceptions import RayError
from ray.serve.schema import ReplicaState

log = logging.getLogger(__name__)
WAIT_S = 2.0


class ReplicaCount:
    """Asks Serve's controller, at most one question at a time: without a controller an answer takes for ever.

    Args:
        name: of the application, and of its one deployment.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._asking: asyncio.Future[int | None] | None = None

    async def __call__(self) -> int | None:
        """Replicas that run; None if the controller doesn't say so in time."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(asyncio.to_thread(self._ask))
        done, _ = await asyncio.wait([self._asking], timeout=WAIT_S)
        return self._asking.result() if done else None

    def _ask(self) -> int | None:
        try:
            application = serve.status().applications[self._name]
        except (RayError, KeyError) as error:
            log.warning("the number of replicas is not known: %s", error)
            return None
        states: dict[ReplicaState, int] = application.deployments[self._name].replica_states
        return states.get(ReplicaState.RUNNING, 0)
