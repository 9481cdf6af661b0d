"""The demo: a corpus with questions, and a model that is small enough for any machine.

``corpus`` holds our own documents and questions. ``model`` makes a language model of Qwen2's shape with
random weights and its own tokenizer: it exercises every part and answers with gibberish, which is said
wherever its answers are shown.

What doesn't belong here: anything that the service needs to run.
"""

from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
QUESTIONS = CORPUS / "questions.jsonl"
GIBBERISH = "gibberish: the demo model has random weights"
