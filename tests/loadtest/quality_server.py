"""A small OpenAI-compatible server that reads: it answers from the passages in its prompt and nothing else.

With an index it retrieves as the service does: by a request's `rag`, and at /v1/retrieve.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.loadtest.json_server import JsonHandler, listening

REFUSAL = "It is not in the documents."
SYSTEM = "Answer from these."
FACTS = {
    "Where is the gate?": ("a.md", "The gate stands below Lantern Bridge."),
    "How tall is it?": ("b.md", "It is 12 metres tall."),
    "누가 여는가?": ("c.jsonl", "문은 김 반장이 연다."),
}
"""Questions, with the source and text of the one passage that holds the answer."""
ANSWERS = {"Where is the gate?": "Lantern Bridge", "How tall is it?": "12 metres", "누가 여는가?": "김 반장"}
QUESTIONS = [
    {
        "id": "q1",
        "question": "Where is the gate?",
        "language": "en",
        "kind": "place",
        "gold_document": "a.md",
    },
    {"id": "q2", "question": "How tall is it?", "language": "en", "kind": "number", "gold_document": "b.md"},
    {"id": "q3", "question": "누가 여는가?", "language": "ko", "kind": "name", "gold_document": "c.jsonl#7"},
]


def questions_text() -> str:
    """The questions file."""
    lines = [
        each | {"answer": ANSWERS[each["question"]], "gold_text": FACTS[each["question"]][1]}
        for each in QUESTIONS
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def reads(messages: list[dict[str, str]]) -> str:
    """The answer, if a passage of the prompt holds it."""
    question, seen = messages[-1]["content"], "".join(each["content"] for each in messages[:-1])
    return ANSWERS[question] if FACTS[question][1] in seen else REFUSAL


@dataclass
class QualityServerState:
    """How it answers, and what it was asked.

    Attributes:
        environment: what /v1/environment says; None: there is none.
        index: it retrieves; questions in `missed` don't find their passage among the first two.
        has_retrieve: it has /v1/retrieve.
        answer: from the messages, retrieved passages among them.
        bodies: of the completions so far.
        paths: that were asked.
    """

    environment: dict[str, Any] | None = None
    missed: tuple[str, ...] = ()
    has_retrieve: bool = True
    answer: Callable[[list[dict[str, str]]], str | int] = reads
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def retrieves(self) -> bool:
        return bool(self.environment and self.environment.get("index"))

    def nearest(self, question: str) -> list[dict[str, str]]:
        """All passages: the right one first, or last if it is missed."""
        right = list(FACTS).index(question)
        order = [right, *(number for number in range(len(FACTS)) if number != right)]
        if question in self.missed:
            order.reverse()
        facts = list(FACTS.values())
        ids = ["a.md:0", "b.md:0", "c.jsonl#7:0"]
        return [
            {"id": ids[number], "source": facts[number][0], "title": f"T{number}", "text": facts[number][1]}
            for number in order
        ]

    def completion(self, body: dict[str, Any]) -> dict[str, Any] | int:
        """One answer, or a status."""
        self.bodies.append(body)
        messages, rag = body["messages"], body.get("rag", {})
        passages: list[dict[str, str]] = []
        if self.retrieves and rag.get("enabled", True):
            passages = self.nearest(messages[-1]["content"])[: rag.get("top_k", 2)]
            system = "\n\n".join([SYSTEM, *(each["text"] for each in passages)])
            messages = [{"role": "system", "content": system}, *messages]
        said = self.answer(messages)
        if isinstance(said, int):
            return said
        kept = ("id", "source", "title", "text") if rag.get("return_text") else ("id", "source")
        named = [{key: each[key] for key in kept} for each in passages]
        whole: dict[str, Any] = {"choices": [{"message": {"role": "assistant", "content": said}}]}
        return whole | ({"rag": {"passages": named}} if self.environment else {})


ENVIRONMENT: dict[str, Any] = {
    "architecture": "rvc",
    "rag": {"top_k": 2, "system_prompt": SYSTEM},
    "index": {"passages": 3},
}


@contextmanager
def quality_server(**told: Any) -> Iterator[QualityServerState]:
    """A server that was told these attributes."""
    state = QualityServerState(**told)

    class Answers(JsonHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/v1/models":
                self.answer(200, {"data": [{"id": "m"}]})
            else:
                self.answer(200 if state.environment else 404, state.environment or {})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.paths.append(self.path)
            if self.path == "/v1/retrieve" and state.has_retrieve:
                self.answer(200, {"data": state.nearest(body["query"])[: body["top_k"]]})
            elif self.path == "/v1/chat/completions":
                said = state.completion(body)
                failed = {"error": {"message": "as told"}}
                self.answer(said if isinstance(said, int) else 200, failed if isinstance(said, int) else said)
            else:
                self.answer(404, {"error": {"message": "no such path"}})

    with listening(Answers) as state.url:
        yield state
