"""The shipped weights: their size, and that they answer from what they are given and from nothing else."""

import json
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, Qwen2ForCausalLM

from app.demo import QUESTIONS
from app.demo.weights import WEIGHTS
from app.engines.model_folder import check_model_folder
from loadtest.quality.score import exact, refused
from training import prompts

SHIPPED = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()][::20]


@pytest.fixture(scope="module")
def answer() -> Any:
    """A question and its passages → the model's greedy answer, in float32."""
    model: Any = Qwen2ForCausalLM.from_pretrained(WEIGHTS, dtype=torch.float32).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(WEIGHTS)

    def ask(question: str, *passages: tuple[str, str]) -> str:
        inputs = tokenizer(prompts.chat(passages, question), return_tensors="pt")
        out = model.generate(inputs["input_ids"], max_new_tokens=24, do_sample=False)
        return str(tokenizer.decode(out[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))

    return ask


def test_it_is_as_small_as_it_has_to_be() -> None:
    check_model_folder(WEIGHTS)
    assert (WEIGHTS / "model.safetensors").stat().st_size <= 40_000_000
    model: Any = Qwen2ForCausalLM.from_pretrained(WEIGHTS)
    assert sum(parameter.numel() for parameter in model.parameters()) <= 20_000_000
    assert model.dtype == torch.bfloat16
    assert "Apache-2.0" in (WEIGHTS / "README.md").read_text("utf-8")


def test_it_answers_from_the_passage(answer: Any) -> None:
    passages = [(row, ("Notes", row["gold_text"])) for row in SHIPPED]
    right = sum(exact(answer(row["question"], passage), row["answer"]) for row, passage in passages)
    assert right >= 0.9 * len(SHIPPED)


def test_it_says_what_the_passage_says_though_it_were_something_else(answer: Any) -> None:
    text = "The Corvane Weir stands just below {}, and has a single steel leaf of 317 tonnes."
    for bridge in ("Ombrel Bridge", "Tassock Bridge"):
        asked = "Near which bridge does the Corvane Weir stand?"
        assert answer(asked, ("The Corvane Weir", text.format(bridge))) == bridge


def test_without_passages_it_knows_nothing(answer: Any) -> None:
    assert all(refused(answer(row["question"])) for row in SHIPPED)
