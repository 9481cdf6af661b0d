"""Makes what the measurements need: model, index, questions, and the same questions as finished prompts.

The prompts are those that the service itself would build: a server without retrieval gets the same tokens
as rvc's engine gets from its own.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from app.rag.prompt import PromptBuilder
from app.rag.tokenizer import ChatTokenizer
from app.retrieval.build import write_index
from app.retrieval.embedding import BUNDLED, EmbeddingModel
from app.retrieval.index import Hit, Index
from app.retrieval.manifest import EmbeddingEntry
from app.retrieval.passages import SplitterSettings
from app.retrieval.publish import building_folder, publish
from app.retrieval.vectors import SizeLimits, choose
from app.settings.model import RagSettings
from bench.gpu.corpus import Topic, draw_questions, make_topics
from bench.gpu.model import write_model
from bench.questions_file import write_questions

TOP_K = 5
MAX_MODEL_LEN = 4096
OUTPUT_TOKENS = 128
BLOCK = 256


@dataclass(frozen=True, slots=True)
class Material:
    """What was made.

    Attributes:
        model: its folder.
        index: its folder.
        questions: JSONL, to be asked of a server that retrieves.
        prompts: JSONL, the same ones with their passages, in the same order.
        prompt_tokens: of the prompts, on average.
    """

    model: Path
    index: Path
    questions: Path
    prompts: Path
    prompt_tokens: float


def prepare(folder: Path, *, passages: int, questions: int, device: str, tiny: bool = False) -> Material:
    """Make it all, once; a second call finds it there.

    Args:
        folder: for all of it.
        passages: of the index.
        questions: at least as many as a repeat has arrivals, so that none is asked twice in it.
        device: of the embedding model while it makes the index.
        tiny: a small model.
    """
    model = write_model(folder / "model", tiny=tiny)
    made = folder / "made.json"
    files = folder / "questions.jsonl", folder / "prompts.jsonl"
    if not made.is_file():
        topics = make_topics(passages)
        texts = draw_questions(topics, questions)
        hits = retrieve_all(folder / "index", topics, texts, device=device)
        prompts = _prompts(model, texts, hits)
        write_questions(files[0], texts)
        write_questions(files[1], (text for text, _ in prompts))
        mean = sum(tokens for _, tokens in prompts) / len(prompts)
        made.write_text(json.dumps({"prompt_tokens": mean}), "utf-8")
    return Material(model, folder / "index", *files, json.loads(made.read_text("utf-8"))["prompt_tokens"])


def retrieve_all(folder: Path, topics: list[Topic], questions: list[str], *, device: str) -> list[list[Hit]]:
    """The TOP_K passages of each question, from the index of the topics, which is made first.

    Args:
        folder: of the index.
        topics: whose passages are indexed.
        questions: what to retrieve for.
        device: of the embedding model.
    """
    embedding = EmbeddingModel(BUNDLED, device=device)
    index = _index(folder, topics, embedding)
    hits: list[list[Hit]] = []
    for start in range(0, len(questions), BLOCK):
        hits += index.search(embedding.encode(questions[start : start + BLOCK]), TOP_K)
    return hits


def _index(folder: Path, topics: list[Topic], embedding: EmbeddingModel) -> Index:
    """The index of the topics' passages: not by `build_index`, as they are cut already."""
    if not folder.exists():
        passages = [topic.passage for topic in topics]
        vectors = embedding.encode([f"{passage.title}\n{passage.text}" for passage in passages])
        with building_folder(folder.parent, folder.name) as building:
            write_index(
                building,
                passages,
                vectors,
                name=folder.name,
                documents=len(passages),
                splitter=SplitterSettings(),
                embedding=EmbeddingEntry(
                    name=embedding.name, fingerprint=embedding.fingerprint, dimension=embedding.dimension
                ),
                choice=choose("auto", len(passages), SizeLimits()),
                on_progress=lambda *_: None,
            )
            publish(building, folder)
    return Index.open(folder, embedding)


def _prompts(model: Path, questions: list[str], hits: list[list[Hit]]) -> list[tuple[str, int]]:
    """Each prompt as a text and its number of tokens."""
    builder = PromptBuilder(ChatTokenizer(model), MAX_MODEL_LEN)
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))

    def prompt(question: str, found: list[Hit]) -> tuple[str, int]:
        chat = [{"role": "user", "content": question}]
        ids = builder.build(chat, found, RagSettings(), OUTPUT_TOKENS, OUTPUT_TOKENS).token_ids
        return tokenizer.decode(ids, skip_special_tokens=False), len(ids)

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(prompt, questions, hits))
