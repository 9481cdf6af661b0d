"""One question in all modes: what is sent, and how right the answer is."""

from collections.abc import Sequence
from typing import Any

from loadtest.generate.sample import gold_rank
from loadtest.plan.questions import Question
from loadtest.quality.prompt import Passage, gold_passages, messages, wrong_passages
from loadtest.quality.score import exact, f1, refused
from loadtest.quality.server import QualityServer, Said
from loadtest.schema.quality import ScoredAnswer
from loadtest.setting_types import Mode

# As the service retrieves, for a server that doesn't say.
USUAL_PASSAGES = 4
OFF = {"enabled": False}


def possible_modes(modes: Sequence[Mode], server: QualityServer) -> tuple[list[Mode], list[str]]:
    """The modes that can be asked of this server, and what a reader should know of the rest, as sentences."""
    if server.retrieves:
        return list(modes), []
    why = (
        "The server has no index (/v1/environment)"
        if server.has_rag
        else "The server doesn't say that it retrieves (/v1/environment has no `rag`)"
    )
    said = []
    if "retrieved" in modes:
        said.append(f"{why}: `retrieved` is the question as it is, without a recall.")
    if "gold" in modes:
        said.append(f"{why}: in `gold` the passage is the question file's `gold_text`.")
    if "missing" in modes:
        said.append(f"{why}: `missing` was left out, as there are no passages without the answer.")
    return [mode for mode in modes if mode != "missing"], said


def ask_question(
    server: QualityServer, question: Question, modes: Sequence[Mode], system: str, passages: int | None
) -> list[ScoredAnswer]:
    """Ask in each mode; a mode is left out for a question whose passage nobody has.

    Args:
        server: to ask.
        question: with its answer.
        modes: that are possible for this server.
        system: first part of the prompts that are written here.
        passages: in the modes retrieved and missing; None: as the server retrieves.

    Raises:
        TargetError: the server has gone.
    """
    wants_passages = server.retrieves and ("gold" in modes or "missing" in modes)
    nearest = server.nearest(question.text) if wants_passages else []
    off: dict[str, Any] | None = OFF if server.has_rag else None
    answers = []
    for mode in modes:
        if mode == "retrieved":
            more = {"top_k": passages} if passages and server.retrieves else None
            said = server.ask(messages(question, [], system), more)
            answers.append(_scored(question, mode, said, said.passages if server.retrieves else None))
            continue
        given: list[Passage] = []
        if mode == "gold":
            given = gold_passages(question, nearest)
        elif mode == "missing":
            given = wrong_passages(question, nearest, passages or server.top_k or USUAL_PASSAGES)
        if mode == "none" or given:
            answers.append(_scored(question, mode, server.ask(messages(question, given, system), off), given))
    return answers


def left_out(
    modes: Sequence[Mode], questions: Sequence[Question], answers: Sequence[ScoredAnswer]
) -> list[str]:
    """For each mode the number of questions that it could not be asked of, as sentences."""
    asked = {(answer.question, answer.mode) for answer in answers}
    names = dict.fromkeys(answer.question for answer in answers)
    known = [question for question in questions if question.id in names]
    said = []
    for mode in modes:
        missing = sum((question.id, mode) not in asked for question in known)
        if missing:
            why = (
                "no passage with their answer was found, and they have no `gold_text`"
                if mode == "gold"
                else "no passage without their answer was found"
            )
            said.append(f"{missing} of {len(known)} questions are not in `{mode}`: {why}.")
    return said


def _scored(question: Question, mode: Mode, said: Said, in_prompt: Sequence[Passage] | None) -> ScoredAnswer:
    """`in_prompt` is None where nobody knows."""
    expected = question.answer or ""
    found: bool | None = None
    passages = in_prompt or []
    if mode == "retrieved" and question.gold_document and in_prompt is not None and said.error is None:
        names, sources = [each.id for each in passages], [each.source for each in passages]
        found = gold_rank(question, names, sources) is not None
    return ScoredAnswer(
        question=question.id,
        mode=mode,
        language=question.language,
        kind=question.kind,
        expected=expected,
        text=said.text,
        passages=[each.id for each in passages],
        gold_found=found,
        exact_match=exact(said.text, expected) if said.error is None else 0.0,
        f1=f1(said.text, expected) if said.error is None else 0.0,
        refused=said.error is None and refused(said.text),
        error=said.error,
    )
