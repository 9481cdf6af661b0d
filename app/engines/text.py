"""Token ids → text, a delta at a time, with stop texts."""

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream


class TextStream:
    """Turns generated token ids into the text that may be shown.

    Text is held back while it could still become a stop text, and while a character's bytes are
    incomplete.
    """

    def __init__(self, tokenizer: Tokenizer, stop: tuple[str, ...]) -> None:
        self._tokenizer = tokenizer
        self._decode = DecodeStream(skip_special_tokens=True)
        self._stop = stop
        self._hold = max((len(text) for text in stop), default=1) - 1
        self._held = ""
        self.stopped = False

    def push(self, token: int) -> str:
        """Take one token; give the text that is now sure. Sets ``stopped`` at a stop text."""
        self._held += self._decode.step(self._tokenizer, token) or ""
        found = [at for at in (self._held.find(text) for text in self._stop) if at >= 0]
        if found:
            self.stopped = True
            return self._release(min(found))
        return self._release(max(0, len(self._held) - self._hold))

    def finish(self) -> str:
        """Give what was held back; the answer has ended without a stop text."""
        return "" if self.stopped else self._release(len(self._held))

    def _release(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        return text
