"""Made-up passages, and questions about them that are asked as real ones are: few passages get most.

The sentences are those that the demo model is trained on (``training/documents.py``).
"""

from dataclasses import dataclass
from random import Random

import numpy as np

from app.retrieval.passages import Passage
from training.documents import World

PASSAGE_CHARACTERS = 650
"""Five passages of this length, the system text and a question make about 1,650 tokens."""
ZIPF = 1.0
"""Exponent of the passages' popularity; at 1.0 and 2,000 passages 3 % of them are asked for by half."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A passage and what can be asked about it."""

    passage: Passage
    questions: list[str]


def make_topics(count: int, seed: int = 1) -> list[Topic]:
    """So many passages of PASSAGE_CHARACTERS and more, each with at least one question."""
    random = Random(seed)
    topics: list[Topic] = []
    while len(topics) < count:
        texts: list[str] = []
        questions: list[str] = []
        title = ""
        for part in World(random, documents=8, korean_share=0.0).passages:
            title = title or part.title
            texts.append(part.text)
            questions += [question for fact in part.facts for question in fact.questions]
            if sum(map(len, texts)) >= PASSAGE_CHARACTERS and questions:
                number = len(topics)
                text = "\n\n".join(texts)
                topics.append(Topic(Passage(f"p{number:05}:0", f"p{number:05}.md", title, text), questions))
                texts, questions, title = [], [], ""
    return topics[:count]


def draw_questions(topics: list[Topic], count: int, seed: int = 2) -> list[str]:
    """Questions about topics of Zipf popularity, no two alike: each has a number.

    Equal questions would make equal prompts, of which a prefix cache computes nothing but the last token.
    """
    random = Random(seed)
    weights = np.arange(1, len(topics) + 1, dtype=np.float64) ** -ZIPF
    drawn = np.random.default_rng(seed).choice(len(topics), count, p=weights / weights.sum())
    return [f"{random.choice(topics[topic].questions)} (case {case})" for case, topic in enumerate(drawn, 1)]
