"""Token ids → text, a delta at a time, with stop texts."""

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream


class StopTexts:
    """Passes text on, up to the first stop text; holds back what could still become one.

    Args:
        stop: the stop texts; they are not part of the answer.
    """

    def __init__(self, stop: tuple[str, ...]) -> None:
        self._stop = stop
        self._hold = max((len(text) for text in stop), default=1) - 1
        self._held = ""
        self.found = False

    def push(self, text: str) -> str:
        """Take more text; give what is now sure. Sets ``found`` at a stop text."""
        self._held += text
        ends = [at for at in (self._held.find(stop) for stop in self._stop) if at >= 0]
        if ends:
            self.found = True
            return self._release(min(ends))
        return self._release(max(0, len(self._held) - self._hold))

    def finish(self) -> str:
        """Give what was held back; the answer has ended without a stop text."""
        return "" if self.found else self._release(len(self._held))

    def _release(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        return text


class TextStream:
    """Turns generated token ids into the text that may be shown; incomplete characters are held back."""

    def __init__(self, tokenizer: Tokenizer, stop: tuple[str, ...]) -> None:
        self._tokenizer = tokenizer
        self._decode = DecodeStream(skip_special_tokens=True)
        self._stop_texts = StopTexts(stop)

    @property
    def stopped(self) -> bool:
        """Whether a stop text has come."""
        return self._stop_texts.found

    def push(self, token: int) -> str:
        """Take one token; give the text that is now sure."""
        return self._stop_texts.push(self._decode.step(self._tokenizer, token) or "")

    def finish(self) -> str:
        """Give what was held back; the answer has ended without a stop text."""
        return self._stop_texts.finish()
