"""The tokenizer of the reference's size, and questions of which few passages get most."""

import json
from collections import Counter
from pathlib import Path

from tokenizers import Tokenizer

from app.demo import CORPUS
from app.demo.weights import WEIGHTS
from bench.gpu.corpus import PASSAGE_CHARACTERS, draw_questions, make_topics
from bench.gpu.model import SHAPE, write_tokenizer


def test_every_id_of_the_vocabulary_has_a_text(tmp_path: Path) -> None:
    size = int(SHAPE["vocab_size"])
    write_tokenizer(tmp_path, size)
    model = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))["model"]
    assert sorted(model["vocab"].values()) == list(range(size))
    made, demo = (Tokenizer.from_file(str(folder / "tokenizer.json")) for folder in (tmp_path, WEIGHTS))
    assert made.get_vocab_size() == size
    assert made.decode([150_000, 151_935]).strip()
    text = (CORPUS / "en" / "tide-gate.md").read_text("utf-8")
    ids = made.encode(text).ids
    assert made.decode(ids) == demo.decode(demo.encode(text).ids)
    assert 0.95 < len(ids) / len(demo.encode(text).ids) <= 1


def test_passages_are_long_enough_and_questions_follow_zipf() -> None:
    topics = make_topics(60)
    assert [topic.passage.id for topic in topics] == [f"p{number:05}:0" for number in range(60)]
    assert min(len(topic.passage.text) for topic in topics) >= PASSAGE_CHARACTERS
    questions = draw_questions(topics, 3000)
    assert len(set(questions)) == 3000
    about = {question: number for number, topic in enumerate(topics) for question in topic.questions}
    asked = Counter(about[question.rpartition(" (case")[0]] for question in questions)
    # 1 / H(60) of all is 0.214; the second gets half of that.
    assert 0.18 < asked[0] / 3000 < 0.25
    assert 0.08 < asked[1] / 3000 < 0.14
    assert draw_questions(topics, 3000) == questions
