"""The demo: a corpus with questions, and a model that is small enough for any machine.

``corpus`` holds our own documents and questions, ``weights`` a language model of Qwen2's shape that was
trained to answer from passages; ``model`` puts it where the settings look for it.

What doesn't belong here: anything that the service needs to run.
"""

from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
QUESTIONS = CORPUS / "questions.jsonl"
