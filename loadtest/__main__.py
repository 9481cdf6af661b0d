"""`python -m loadtest`: the same as the command `loadtest`."""

from loadtest.cli import run

run()
