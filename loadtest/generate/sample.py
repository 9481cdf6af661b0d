"""A sample of answers, asked one at a time before the load: who is faster by answering worse shows here."""

from collections.abc import Callable, Sequence

from loadtest.client.address import resolve
from loadtest.client.exchange import Reading, exchange
from loadtest.client.request import RequestShape, RequestWriter
from loadtest.client.stream import parse_reply
from loadtest.errors import TargetError
from loadtest.plan.questions import Question
from loadtest.schema.answers import Answer, Answers

# Without a load these are no fault of a question: the target has gone, or is slower than the time limit.
GONE = ("connect", "timeout")


def ask_sample(
    shape: RequestShape,
    questions: Sequence[Question],
    api_key: str | None,
    on_answer: Callable[[int], None] = lambda asked: None,
) -> Answers:
    """Ask each question alone, greedily, through the client that generates the load.

    Args:
        shape: of the requests, as in the load.
        questions: to ask.
        api_key: bearer token, if any.
        on_answer: called with the number of questions asked after each.

    Raises:
        TargetError: the target can't be reached any more, or doesn't answer within the time limit.
    """
    address = resolve(shape.target)
    writer = RequestWriter(shape, list(questions), address.netloc, address.base_path, api_key)
    answers: list[Answer] = []
    retrieves = False
    for index, question in enumerate(questions):
        reading, texts = Reading(), list[str]()
        exchange(address, writer.write(index, f"sample/{index}"), shape.timeout_s, reading)
        reply = parse_reply(reading, texts=texts)
        if reply.error in GONE:
            raise TargetError(
                f"{shape.target} didn't answer the sampled question {question.id} ({reply.error}): "
                f"{reply.detail}."
            )
        retrieves = retrieves or bool(reply.passages)
        answers.append(
            Answer(
                question=question.id,
                text="".join(texts),
                passages=reply.passages,
                gold_rank=gold_rank(question, reply.passages, reply.sources),
                error=reply.error,
            )
        )
        on_answer(index + 1)
    with_gold = sum(question.gold_document is not None for question in questions)
    found = sum(answer.gold_rank is not None for answer in answers)
    return Answers(
        answers=answers, with_gold=with_gold, recall=found / with_gold if with_gold and retrieves else None
    )


def gold_rank(question: Question, passages: Sequence[str], sources: Sequence[str]) -> int | None:
    """The rank, from 1, of the first passage of the question's gold document; None if there is none.

    A passage names its source, and its id is its document's with a number: a file of many documents is
    the source of all of them.

    Args:
        question: that the passages are for.
        passages: their ids, best first.
        sources: of the same passages.
    """
    gold = question.gold_document
    ranks = (
        rank
        for rank, (name, source) in enumerate(zip(passages, sources, strict=True), start=1)
        if gold in (source, name.rpartition(":")[0])
    )
    return next(ranks, None) if gold else None
