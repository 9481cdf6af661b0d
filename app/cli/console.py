"""The terminal: one console for results, one for everything else."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

results = Console(highlight=False)
"""Standard output: what was asked for."""
messages = Console(stderr=True, highlight=False)
"""Standard error: progress, notes and errors."""


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show that something slow goes on, and how long it took. Without a terminal: a line each."""
    progress = Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=messages,
    )
    if not messages.is_terminal:
        messages.print(f"… {title}")
    with progress:
        task = progress.add_task(title, total=1)
        yield
        progress.update(task, completed=1)
