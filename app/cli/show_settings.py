"""``rag-llm settings``: every setting, its value and its environment variable."""

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.console import results
from app.cli.options import Assignments, Config, Preset, gather
from app.settings.sources import PREFIX, REFERENCE, known_paths

PIPE_WIDTH = 200


def show(config: Config = None, preset: Preset = None, assignments: Assignments = None) -> None:
    """List every setting with the value that is in force."""
    settings = gather(config, preset, assignments)
    table = Table()
    for title in ("setting", "value", "environment variable", "meaning"):
        table.add_column(title, overflow="fold")
    reference = {path: name for name, path in REFERENCE.items()}
    for path in known_paths():
        holder: BaseModel = settings
        for section in path[:-1]:
            holder = getattr(holder, section)
        value = getattr(holder, path[-1])
        variable = PREFIX + "__".join(path).upper()
        if path in reference:
            variable += f"\n{reference[path]}"
        if "api_key" in path[-1] and value:
            value = "(hidden)"
        meaning = type(holder).model_fields[path[-1]].description or ""
        table.add_row(".".join(path), escape(str(value)), variable, escape(meaning))
    # In a file or a pipe a name must stay in one piece, for grep.
    console = results if results.is_terminal else Console(width=PIPE_WIDTH, highlight=False)
    console.print(table)
