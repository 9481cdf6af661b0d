"""``rag-llm``: all commands, and errors as sentences."""

import sys

import typer
from rich.markup import escape

from app.cli import ask, demo, index, serve, show_settings
from app.cli.console import messages
from app.errors import RagLlmError

app = typer.Typer(
    name="rag-llm",
    help="A retrieval-augmented LLM service on Ray Serve and vLLM, in four architectures.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("ask")(ask.ask)
app.command("demo")(demo.demo)
app.command("settings")(show_settings.show)
app.add_typer(index.app, name="index")


def run() -> None:
    """The entry point. Exit status 1: an error that the message explains; 2: a wrong command line."""
    try:
        app()
    except RagLlmError as error:
        messages.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
