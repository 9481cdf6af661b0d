"""``make bench-parity``: how often greedy answers differ between engines, and alone or among others.

Every engine gets the same prompts of the demo (passages included). "alone" is one request after the
other, "together" is all at once, so that they are batched. The reference is transformers, alone, in the
same type. Kernels add up in another order for another batch; the sums then differ in their last bits,
and an answer changes where two tokens are that close. float32 has 16 bits more than bfloat16 to tell
them apart.
"""

import asyncio
import json
import os
from collections.abc import Callable

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from rich.console import Console
from rich.table import Table

from app.cli.demo import prepare
from app.cli.processes import no_process_left
from app.demo import QUESTIONS
from app.engines.contract import Engine, Sampling
from app.engines.transformers import TransformersEngine
from app.engines.vllm import VllmEngine
from app.rag.preparer import RagOptions
from app.rag.service import Service
from app.settings import Settings, load_settings

ASKED = 50
TOKENS = 32
ENGINES: dict[str, Callable[[Settings], Engine]] = {
    "transformers, threads": TransformersEngine,
    "transformers, batch": TransformersEngine,
    "vLLM": VllmEngine,
}


def settings_for(name: str, dtype: str) -> Settings:
    """The demo's settings for one engine and type."""
    engine = {"batch": name == "transformers, batch"}
    architecture = "rvc" if name == "vLLM" else "baseline"
    overrides = {"architecture": architecture, "engine": engine, "model": {"dtype": dtype}}
    return load_settings(preset="demo", overrides=overrides)


async def answers(name: str, dtype: str, questions: list[str]) -> dict[str, list[str]]:
    """The answers of one engine, alone and together."""
    settings = settings_for(name, dtype)
    service = Service(settings, ENGINES[name](settings))
    await service.start()

    async def ask(number: int, question: str) -> str:
        chat = [{"role": "user", "content": question}]
        prompt = (await service.prepare(chat, RagOptions(), TOKENS)).prompt
        stream = service.generate(f"{number}", prompt, Sampling(TOKENS))
        return "".join([delta.text async for delta in stream])

    alone = [await ask(number, question) for number, question in enumerate(questions)]
    together = await asyncio.gather(*(ask(number, question) for number, question in enumerate(questions)))
    await service.shutdown()
    return {"alone": alone, "together": list(together)}


def main() -> None:
    """Ask, compare, print."""
    prepare(load_settings(preset="demo"))
    lines = QUESTIONS.read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines[:: len(lines) // ASKED]][:ASKED]
    table = Table(title=f"Answers equal to those of transformers alone, of {ASKED}, {TOKENS} tokens each")
    for column in ("type", "engine", "alone", "together"):
        table.add_column(column)
    for dtype in ("float32", "bfloat16"):
        reference: list[str] = []
        for name in ENGINES:
            said = asyncio.run(answers(name, dtype, questions))
            reference = reference or said["alone"]
            equal = {how: sum(map(str.__eq__, texts, reference)) for how, texts in said.items()}
            table.add_row(dtype, name, str(equal["alone"]), str(equal["together"]))
    Console().print(table)


if __name__ == "__main__":
    with no_process_left():
        main()
