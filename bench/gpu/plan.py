"""What ``make bench-gpu`` measures, part by part."""

from dataclasses import dataclass

SETTLE = 1
LOAD_TEST_START = 10


@dataclass(frozen=True, slots=True)
class Part:
    """Sides that get the same load.

    Attributes:
        sides: their names.
        rates: requests a second.
        rounds: of each rate, with other arrivals each; the same for all sides.
        duration_s: of each window.
        warm_up_s: before it.
        drain_s: longest wait for its last requests; what isn't answered then is not.
        against: the side that the others are compared with.
        gpus: that it needs.
    """

    sides: tuple[str, ...]
    rates: tuple[float, ...]
    rounds: int = 1
    duration_s: float = 8
    warm_up_s: float = 5
    drain_s: float = 6
    against: str = "plain"
    gpus: int = 1

    @property
    def round_s(self) -> float:
        """How long a round takes at most."""
        return self.warm_up_s + self.duration_s + self.drain_s + SETTLE + 1

    @property
    def load_s(self) -> float:
        """How long the load on one side takes at most."""
        return LOAD_TEST_START + self.round_s * len(self.rates) * self.rounds

    @property
    def arrivals(self) -> int:
        """In a round, at most: the load goes on while the last requests of the window end."""
        return int(max(self.rates) * self.round_s * 1.1) + 10


PLAN = {
    # What decides.
    "serving": Part(
        ("plain", "plain+rust", "rvc", "rvc+off", "rvc+anchored", "rvc+cached"), (64, 96, 128), rounds=3
    ),
    "architectures": Part(
        ("baseline", "baseline-improved", "rac", "rsc", "rvc"),
        (8, 16, 24, 32, 64),
        # Without batching these are overloaded from the first second on: most of their time is the drain.
        duration_s=5,
        warm_up_s=0,
        drain_s=40,
        against="baseline",
    ),
    "workers": Part(
        ("baseline+workers1", "baseline", "baseline+workers16"),
        (8,),
        duration_s=5,
        warm_up_s=0,
        drain_s=40,
        against="baseline+workers1",
    ),
    "two": Part(("rvc+two",), (128, 192), 3, against="rvc+two", gpus=2),
    "split": Part(("rvc+split2",), (16,), against="rvc+split2", gpus=2),
    "orders": Part(
        ("rvc", "rvc+canonical", "rvc+popular", "rvc+cached", "rvc+anchored"),
        (80, 96, 112, 128),
        against="rvc",
    ),
    # One at a time, to see what each does.
    "front-ends": Part(
        ("plain", "plain+interval4", "plain+interval8", "plain+servers2", "plain+servers4", "plain+wide"),
        (128,),
        rounds=2,
    ),
    "around": Part(
        (
            "rvc",
            "rvc+off",
            "rvc+threads4",
            "rvc+threads8",
            "rvc+threads1",
            "rvc+float32",
            "rvc+inside",
            "rvc+whole",
            "rvc+chunks8",
            "rvc+chunks128",
            "rvc+switch5",
            "rvc+lastfirst",
            "rvc+nice15",
            "rvc+nosplice",
            "rvc+haproxy4",
            "rvc+cuda",
        ),
        (64, 96),
        against="rvc",
    ),
    "engine": Part(
        (
            "rvc",
            "rvc+fp8",
            "rvc+graphs512",
            "rvc+runner2",
            "rvc+unoverlapped",
            "rvc+tokens4k",
            "rvc+tokens16k",
            "rvc+seqs256",
            "rvc+fp8kv",
            "rvc+ngram",
        ),
        (64, 96, 128),
        against="rvc",
    ),
}
"""By name, in the order in which they are measured."""
