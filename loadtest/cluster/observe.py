"""The release while it is under load: its pods and metrics every few seconds, and at each window's edges."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import gevent

from loadtest.cluster import pods as reading
from loadtest.cluster.api import ClusterApi
from loadtest.cluster.metrics import Reading, window_of
from loadtest.cluster.samples import Samples
from loadtest.cluster.scrape import scrape
from loadtest.errors import ClusterError
from loadtest.generate.sweep import Tick
from loadtest.schema.observed import Observed, ObservedWindow, ReplicaStart

Answer = TypeVar("Answer")

SAMPLE_INTERVAL_S = 2.0
# Between levels the load waits for nothing else, so the last scrape of a level may take a moment.
LAST_SCRAPE_S = 6.0


@dataclass(slots=True)
class Window:
    """One window that is being observed; times by perf_counter."""

    rate_rps: float
    round: int
    before: dict[str, Reading] = field(default_factory=dict)
    began: float = 0.0
    samples: list[dict[str, Reading]] = field(default_factory=list)
    opening: gevent.Greenlet | None = None


class Observer:
    """Watches one release; each of its looks is a greenlet, so that the sweep waits for none."""

    def __init__(self, api: ClusterApi, release: str) -> None:
        """Nothing is asked before begin()."""
        self._api, self._release = api, release
        self._selector = f"{reading.INSTANCE}={release}"
        self._before: list[reading.Json] = []
        self._after: list[reading.Json] = []
        self._services_before: dict[str, Any] = {}
        self._services_after: dict[str, Any] = {}
        self._node_labels: dict[str, dict[str, str]] = {}
        self._replicas_before: set[str] = set()
        self._samples: Samples | None = None
        self._sampler: gevent.Greenlet | None = None
        self._window: Window | None = None
        self._windows: list[ObservedWindow] = []
        self._pulled: dict[str, dict[str, str]] = {}
        self._closing: list[gevent.Greenlet] = []
        self._warnings: dict[str, None] = {}

    def begin(self) -> None:
        """Note what runs before the load."""
        self._before = self._after = self._ask(self._pods_now, [])
        self._services_before = self._services_after = self._ask(self._services_now, {})
        if not self._before and not self._warnings:
            self._warn(f"no pod of the release {self._release!r} was found in {self._api.namespace}")
        endpoints = reading.metrics_endpoints(self._before)
        self._replicas_before = {endpoints[endpoint] for endpoint in scrape(endpoints)}
        for node in {pod["spec"].get("nodeName") for pod in self._before} - {None}:
            try:
                self._node_labels[str(node)] = self._api.node_labels(str(node))
            except ClusterError:
                # A right of its own, which the report can do without.
                break

    def on_tick(self, tick: Tick) -> None:
        """Open and close the window's observation as the sweep goes through its steps."""
        if self._sampler is None:
            start = perf_counter() - tick.elapsed_s
            names = {pod["metadata"]["name"] for pod in self._before}
            self._samples = Samples(time.time() - tick.elapsed_s, names, self._replicas_before)
            self._sampler = gevent.spawn(self._sample_forever, self._samples, start)
        if self._window is None and tick.step == "window":
            self._window = Window(tick.level.rate_rps, tick.level.round)
            self._window.opening = gevent.spawn(self._open, self._window)
        elif self._window is not None and tick.step != "window":
            window, self._window = self._window, None
            self._closing.append(gevent.spawn(self._close, window))

    def observed(self, last: bool = False) -> Observed:
        """All that is known by now; `last` also looks at pods and RayServices again."""
        gevent.joinall(self._closing, timeout=LAST_SCRAPE_S)
        self._closing = [each for each in self._closing if not each.dead]
        if last:
            if self._sampler is not None:
                self._sampler.kill()
            self._after = self._ask(self._pods_now, self._before)
            self._services_after = self._ask(self._services_now, self._services_before)
        pods = reading.observed_pods(self._before, self._after, self._node_labels)
        warnings = [*reading.changes(pods, self._after), *self._warnings]
        for name, facts in self._services_after.items():
            earlier = self._services_before.get(name, {}).get("cluster")
            if earlier and facts["cluster"] != earlier:
                warnings.append(
                    f"RayService {name} moved from cluster {earlier} to {facts['cluster']} during the run"
                )
        return Observed(
            release=self._release,
            namespace=self._api.namespace,
            ray_services={
                name: {
                    "before": self._services_before.get(name, {}),
                    "after": self._services_after.get(name, {}),
                }
                for name in sorted(self._services_before.keys() | self._services_after.keys())
            },
            pods=pods,
            windows=list(self._windows),
            warnings=warnings,
            samples=list(self._samples.taken) if self._samples else [],
            starts=self._starts(),
        )

    def _sample_forever(self, samples: Samples, start: float) -> None:
        """Look at pods and at every port that may be a replica's, those that come during the run too."""
        due = perf_counter()
        while True:
            self._after = self._ask(self._pods_now, self._after)
            found = scrape(reading.metrics_endpoints(self._after))
            samples.note(perf_counter() - start, self._after, found)
            if self._window is not None and self._window.before:
                self._window.samples.append(found)
            due = max(due + SAMPLE_INTERVAL_S, perf_counter())
            gevent.sleep(due - perf_counter())

    def _starts(self) -> list[ReplicaStart]:
        if self._samples is None:
            return []
        for pod in self._samples.new_pods():
            # Again while it is not there: an image may be on its way.
            if not self._pulled.get(pod):
                self._pulled[pod] = self._ask(partial(self._api.pulled_at, pod), {})
        return self._samples.starts(self._pulled)

    def _open(self, window: Window) -> None:
        """The first scrape, of every port that may be a replica's."""
        self._after = self._ask(self._pods_now, self._after)
        window.before = scrape(reading.metrics_endpoints(self._after))
        window.began = perf_counter()
        window.samples.append(window.before)
        if not window.before:
            self._warn("no serving pod answered on a metrics port (metrics.port and above)")

    def _close(self, window: Window) -> None:
        """The second scrape, and the window's figures."""
        if window.opening is not None:
            window.opening.join(LAST_SCRAPE_S)
        if not window.before:
            return
        # Whoever came meanwhile is counted too, so that the report can say that it did.
        self._after = self._ask(self._pods_now, self._after)
        ended = perf_counter()
        after = scrape({*window.before, *reading.metrics_endpoints(self._after)})
        came, went = len(after.keys() - window.before.keys()), len(window.before.keys() - after.keys())
        if came or went:
            place = f"{window.rate_rps:g} RPS" + (f", round {window.round}" if window.round > 1 else "")
            self._warn(
                f"{place}: {came} replicas came and {went} went inside the window; its server counts leave "
                "them out"
            )
        samples = [*window.samples, after]
        span_s = ended - window.began
        self._windows.append(window_of(window.rate_rps, window.round, span_s, window.before, after, samples))

    def _pods_now(self) -> list[reading.Json]:
        return reading.of_the_server(self._api.pods(self._selector))

    def _services_now(self) -> dict[str, Any]:
        return {
            service["metadata"]["name"]: reading.ray_service_facts(service)
            for service in self._api.ray_services(self._selector)
        }

    def _ask(self, question: Callable[[], Answer], otherwise: Answer) -> Answer:
        try:
            return question()
        except ClusterError as error:
            self._warn(f"the cluster could not be observed for a while: {error}")
            return otherwise

    def _warn(self, warning: str) -> None:
        self._warnings[warning] = None
