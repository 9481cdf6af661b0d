"""What a running sweep shows: one live line on a terminal, plain lines elsewhere."""

from time import monotonic

from rich.console import Console
from rich.live import Live
from rich.text import Text

from loadtest.generate.sweep import Tick

# Drawing happens in the generating process of a local run: a line costs it about a millisecond.
LIVE_INTERVAL_S = 0.5
PLAIN_INTERVAL_S = 5.0


class SweepProgress:
    """Shows ticks; use as a context manager."""

    def __init__(self, console: Console, levels: int | None) -> None:
        """Prepare the display of a sweep of so many level repeats; None if nobody knows."""
        self._console, self._levels = console, levels
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._number = 0
        self._key: tuple[int, int] | None = None
        self._shown = 0.0

    def __enter__(self) -> "SweepProgress":
        """Begin."""
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End; the last line stays."""
        if self._live:
            self._live.stop()

    def show(self, tick: Tick) -> None:
        """Show a tick, if enough time has passed since the last one shown."""
        key = (tick.level.index, tick.level.round)
        if key != self._key:
            self._key, self._shown = key, 0.0
            self._number += 1
        interval_s = LIVE_INTERVAL_S if self._live else PLAIN_INTERVAL_S
        last = tick.step == "done"
        if not last and monotonic() - self._shown < interval_s:
            return
        self._shown = monotonic()
        line = self._line(tick)
        if self._live is None:
            self._console.print(line, highlight=False, soft_wrap=True)
        elif last:
            self._live.console.print(line)
            self._live.update(Text(""), refresh=True)
        else:
            self._live.update(line, refresh=True)

    def _line(self, tick: Tick) -> Text:
        level = tick.level
        total_s = level.window_end_s
        return Text(
            f"level {self._number}{f'/{self._levels}' if self._levels else ''}  {level.rate_rps:g} RPS"
            f"{f' round {level.round}' if level.round > 1 else ''}  {tick.step:<7}"
            f" {max(0.0, tick.elapsed_s):4.0f}/{total_s:.0f} s"
            f"  sent {tick.sent}  done {tick.ended}  in flight {tick.in_flight}  errors {tick.failed}"
        )
