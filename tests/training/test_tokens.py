"""The tokenizer: the same everywhere it is loaded, and the same tokens for a name wherever it stands."""

import json

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from app.demo import QUESTIONS
from app.demo.weights import WEIGHTS
from app.rag.prompt import PromptBuilder
from app.rag.tokenizer import ChatTokenizer
from app.retrieval.index import Hit
from app.retrieval.passages import Passage
from app.settings import Settings
from training import prompts
from training.tokenizer import FUNCTION_WORDS, train

TOKENIZER = Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))


def encode(text: str) -> list[int]:
    return list(TOKENIZER.encode(text, add_special_tokens=False).ids)


def shipped() -> list[dict[str, str]]:
    return [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]


def test_prompts_are_those_of_the_service() -> None:
    passages = [("A Title", "First.\n\nSecond, 3.85 metres."), ("배수펌프장 HP-12", "HP-12 건물은 서 있다.")]
    hits = [Hit(Passage(f"d:{n}", "d", *passage), 0.5, n) for n, passage in enumerate(passages, 1)]
    builder = PromptBuilder(ChatTokenizer(WEIGHTS), 1024)
    for kept in (hits, []):
        chat = [{"role": "user", "content": "Where is it?"}]
        prompt = builder.build(chat, kept, Settings().rag, None, 64)
        assert prompt.token_ids == encode(prompts.chat(passages if kept else [], "Where is it?"))


def test_pieces_of_a_prompt_make_its_tokens() -> None:
    passages = [("A Title", "First.\n\nSecond (HP-12)"), ("제목", "노루섬 다리에 있다.")]
    pieces = [prompts.system(prompts.SYSTEM)]
    for number, passage in enumerate(passages, 1):
        pieces += [prompts.number(number), prompts.passage(*passage)]
    pieces += [prompts.SYSTEM_END, prompts.question("Where?")]
    whole = encode(prompts.chat(passages, "Where?"))
    assert [token for piece in pieces for token in encode(piece)] == whole


def test_transformers_loads_the_same() -> None:
    loaded = AutoTokenizer.from_pretrained(WEIGHTS)
    for row in shipped():
        text = prompts.chat([("T", row["gold_text"])], row["question"])
        assert loaded(text)["input_ids"] == encode(text)
        assert loaded.decode(encode(row["answer"])) == row["answer"]


def test_answers_have_the_tokens_of_what_they_copy() -> None:
    other = []
    for row in shipped():
        if row["answer"].split()[0] in FUNCTION_WORDS:
            continue
        text, answer = (" ".join(map(str, encode(row[name]))) for name in ("gold_text", "answer"))
        if f" {answer} " not in f" {text} ":
            other.append(row["answer"])
    assert other == []


@pytest.mark.parametrize(
    "text", ["Ferrow Gate's (old) 3.85 m\n\n# A\n", "염전 수로 SG-4는 2.3킬로미터다.", "  x\t\n 🙂"]
)
def test_texts_survive(text: str) -> None:
    assert TOKENIZER.decode(encode(text)) == text


def test_a_trained_one_has_qwen2s_pipeline() -> None:
    made = train(["The gate opens at noon, and the gates close."] * 50)
    ours, shipped_ = (json.loads(tokenizer.to_str()) for tokenizer in (made, TOKENIZER))
    for part in ("normalizer", "pre_tokenizer", "decoder"):
        assert ours[part] == shipped_[part]
