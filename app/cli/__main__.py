"""``python -m app.cli``: the same as ``rag-llm``."""

from app.cli.main import run

run()
