"""How far something countable is: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

PLAIN_INTERVAL_S = 5.0


@contextmanager
def counted(console: Console, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yields what has to be called with the number of things done so far."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        shown = monotonic()

        def done(count: int) -> None:
            nonlocal shown
            progress.update(task, completed=count)
            last = count == total
            if not console.is_terminal and (last or monotonic() - shown >= PLAIN_INTERVAL_S):
                shown = monotonic()
                console.print(f"{what}: {count} of {total}", highlight=False)

        yield done
