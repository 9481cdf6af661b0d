"""The report's ConfigMap: written again and again until the API server has taken the newest content."""

import sys
import time
from collections.abc import Mapping

import gevent
from gevent.event import Event

from loadtest.cluster.api import ClusterApi
from loadtest.cluster.packing import Packed, pack
from loadtest.errors import ApiAway, ApiRefused

BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.5, 8.0
# A role that was made a moment ago may not be known everywhere yet.
REFUSED_PATIENCE_S = 15.0


class ReportConfigMap:
    """Writes in a greenlet of its own, so that nobody waits; of several contents only the newest counts.

    Attributes:
        trouble: what was wrong with the last attempt; empty if it went well.
    """

    def __init__(self, api: ClusterApi, name: str, parts: int) -> None:
        """Prepare to write NAME, and NAME-part-1 … -part-N if a report needs them: all have to exist."""
        self._api = api
        self.name = name
        self._names = [name, *(f"{name}-part-{number}" for number in range(1, parts + 1))]
        self._newest: Packed | None = None
        self._news, self._settled = Event(), Event()
        self._settled.set()
        self._used: set[str] = {name}
        self.trouble = ""
        self._greenlet = gevent.spawn(self._write_forever)

    def keep(self, files: Mapping[str, bytes]) -> list[str]:
        """Have these files written soon; returns the names of those that are too large even in parts."""
        packed = pack(files, self._names)
        self._newest = packed
        self._settled.clear()
        self._news.set()
        return packed.left_out

    def wait(self, patience_s: float) -> bool:
        """Wait until the newest content is written; False if it is refused, or not after so many seconds."""
        return bool(self._settled.wait(patience_s)) and not self.trouble

    def end(self) -> None:
        """Try no more."""
        self._greenlet.kill()

    def _write_forever(self) -> None:
        backoff_s, refused_since = BACKOFF_FIRST_S, 0.0
        while True:
            self._news.wait()
            self._news.clear()
            packed = self._newest
            assert packed is not None, "keep() sets it before the event"
            try:
                self._write(packed)
            except ApiAway as error:
                self._say(str(error))
            except ApiRefused as error:
                self._say(str(error))
                refused_since = refused_since or time.monotonic()
                if time.monotonic() - refused_since > REFUSED_PATIENCE_S:
                    # Tried again only with new content: the right may have been given meanwhile.
                    self._settled.set()
                    continue
            else:
                self._say("")
                backoff_s, refused_since = BACKOFF_FIRST_S, 0.0
                if self._newest is packed:
                    self._settled.set()
                continue
            # Not interrupted by new content: an API server that comes back must not be flooded.
            gevent.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)
            self._news.set()

    def _write(self, packed: Packed) -> None:
        # The main one last: its list must not point at pieces that aren't there yet.
        for name in reversed(self._names):
            content = packed.maps[name]
            if content.data or content.binary or name in self._used:
                self._used.add(name)
                self._api.apply_config_map(name, content.data, content.binary)

    def _say(self, trouble: str) -> None:
        if trouble and not self.trouble:
            print(f"The report can't be written to ConfigMap {self.name} now: {trouble}.", file=sys.stderr)
        elif self.trouble and not trouble:
            print(f"The report is in ConfigMap {self.name} again.", file=sys.stderr)
        self.trouble = trouble
