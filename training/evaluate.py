"""Figures of a model: ``python -m training.evaluate MODEL --cases CASES.jsonl --answers OUT``.

``CASES`` come from ``bench/model_cases.py``: the shipped questions with gold, retrieved, no and other
passages. Besides them it asks about ``--made`` made-up questions that training has not seen.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import AutoTokenizer, Qwen2ForCausalLM

from loadtest.quality import score
from training import prompts
from training.documents import World

Case = dict[str, Any]
HELD_OUT = 987_654_321
"""Seed of the made-up questions; training counts its seeds from 0."""
LONGEST = 40


def made_cases(count: int) -> list[Case]:
    """Made-up questions, with the passage among three others (``made``) and without it (``made-missing``)."""
    random = Random(HELD_OUT)
    cases: list[Case] = []
    while len(cases) < count:
        share = float(random.random() < 0.2)
        world = World(random, documents=6, korean_share=share)
        for gold in random.sample(world.passages, min(6, len(world.passages))):
            others = [passage for passage in world.passages if passage is not gold]
            if not gold.facts or len(others) < 4:
                continue
            others.sort(key=lambda passage: (passage.document != gold.document, random.random()))
            fact = random.choice(gold.facts)
            near = random.sample(others[:8], 4)
            shown = random.sample([gold, *near[:3]], 4)
            case = {
                "id": f"m{len(cases)}", "language": gold.language, "kind": fact.kind,
                "question": fact.questions[0], "answer": fact.answer,
            }  # fmt: skip
            for mode, passages in (("made", shown), ("made-missing", near)):
                texts = [[passage.title, passage.text] for passage in passages]
                cases.append(case | {"mode": mode, "passages": texts})
    return cases


class Model:
    """A model folder, loaded.

    Args:
        folder: with weights and tokenizer.
    """

    def __init__(self, folder: str) -> None:
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model: Any = (
            Qwen2ForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).to(self.device).eval()
        )
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.tokenizer.padding_side = "left"

    def answer(self, cases: list[Case], batch: int) -> list[str]:
        """Greedy answers; cases of one length are asked together."""
        texts = [prompts.chat(case["passages"], case["question"]) for case in cases]
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        answers = [""] * len(texts)
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            inputs = self.tokenizer([texts[index] for index in part], return_tensors="pt", padding=True)
            inputs.pop("token_type_ids", None)
            with torch.inference_mode():
                out = self.model.generate(**inputs.to(self.device), max_new_tokens=LONGEST, do_sample=False)
            new = out[:, inputs["input_ids"].shape[1] :]
            for index, text in zip(
                part, self.tokenizer.batch_decode(new, skip_special_tokens=True), strict=True
            ):
                answers[index] = text
        return answers


def table(cases: Iterable[Case]) -> str:
    """Exact match, F1 and refusals by mode, and by language and kind in it."""
    groups: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        for group in ("all", case["language"], f"{case['language']} {case['kind']}"):
            groups[case["mode"], group].append(case)
    lines = [f"{'mode':14}{'group':16}{'n':>5}{'exact':>8}{'F1':>8}{'refused':>9}"]
    for (mode, group), members in sorted(groups.items()):
        means = [
            sum(float(case[name]) for case in members) / len(members) for name in ("exact", "f1", "refused")
        ]
        lines.append(
            f"{mode:14}{group:16}{len(members):5}" + f"{means[0]:8.3f}{means[1]:8.3f}{means[2]:9.3f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Ask, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--made", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=100)
    options = parser.parse_args()
    cases = (
        [json.loads(line) for line in options.cases.read_text("utf-8").splitlines()] if options.cases else []
    )
    cases += made_cases(options.made)
    for case, answer in zip(cases, Model(options.model).answer(cases, options.batch), strict=True):
        case |= {"got": answer, "refused": score.refused(answer)}
        case |= {"exact": score.exact(answer, case["answer"]), "f1": score.f1(answer, case["answer"])}
    if options.answers:
        options.answers.write_text(
            "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases), "utf-8"
        )
    print(table(cases))


if __name__ == "__main__":
    main()
