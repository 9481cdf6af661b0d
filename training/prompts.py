"""The prompt as the service builds it (``app/rag/prompt.py``), in pieces that can be tokenized one by one."""

from collections.abc import Sequence

SYSTEM = (
    "Answer the question from the passages. "
    "If they do not hold the answer, say that it is not in the documents."
)
"""The service's default."""
OTHER_SYSTEMS = (
    "Answer from the passages only.",
    "Use the passages below to answer. Say so if the answer is not in them.",
    "You are a helpful assistant. Answer the question from the passages.",
    "다음 글에서 답을 찾아라. 글에 없으면 문서에 없다고 말하라.",
)


def system(text: str) -> str:
    """How a chat begins."""
    return f"<|im_start|>system\n{text}"


def number(place: int) -> str:
    """What stands before a passage; places count from 1."""
    return f"\n\n[{place}]"


def passage(title: str, text: str) -> str:
    """A passage, behind its number."""
    return f" {title}\n{text}"


SYSTEM_END = "<|im_end|>\n"


def question(text: str) -> str:
    """The user's turn and where the answer begins."""
    return f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"


def plain_question(text: str) -> str:
    """The same in a prompt for plain completion."""
    return f"\n\nQuestion: {text}\nAnswer:"


def chat(passages: Sequence[tuple[str, str]], asked: str) -> str:
    """The whole prompt of a chat with one question; without passages the service sends the question alone.

    Args:
        passages: titles and texts, in their order.
        asked: the question.
    """
    if not passages:
        return question(asked)
    numbered = (number(place) + passage(*item) for place, item in enumerate(passages, 1))
    return system(SYSTEM) + "".join(numbered) + SYSTEM_END + question(asked)
