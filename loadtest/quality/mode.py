"""The ways of asking: with what the server retrieves, with the right passages, with none, with wrong ones."""

from loadtest.setting_types import Mode

MODES: dict[Mode, str] = {
    "retrieved": "the question alone, as users ask: the server's own retrieval and prompt",
    "gold": "with the passages that hold the answer, in a prompt that the client writes",
    "none": "the question alone and no retrieval: a model that reads and doesn't recite knows nothing",
    "missing": "with passages that were retrieved but don't hold the answer: refusing is right",
}
