"""The shipped questions, a few of each part."""

import json

from app.demo import QUESTIONS


def some(count: int) -> list[str]:
    """Questions spread over the file, Korean ones among them."""
    lines = QUESTIONS.read_text("utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines[:: len(lines) // count]][:count]
