"""Every error that the service raises on purpose, as one tree.

    RagLlmError
    ├── SettingsError         a setting is unknown, of the wrong type or out of range
    ├── IndexFolderError      an index is missing, damaged, half-written or does not fit
    │   └── IndexMissing          there is none; it may yet be published
    ├── DocumentsError        a document can't be read or has the wrong shape
    ├── ModelFolderError      a model folder is missing, incomplete or not loadable
    ├── StartError            Ray or Serve could not start the processes of an architecture
    └── RequestError          a request can't be answered; carries the HTTP status
        ├── InvalidRequest        400
        ├── Unauthorized          401
        ├── NotFound              404
        ├── BodyTooLarge          413
        ├── QueueFull             429, Retry-After
        ├── EngineFailed          500
        └── NotReady              503, Retry-After

Each message is a sentence that names the field, the value and what would be right: it is shown to
people as it is, on the command line and over HTTP.
"""

from typing import ClassVar


class RagLlmError(Exception):
    """The root: catching it catches all that is raised on purpose."""


class SettingsError(RagLlmError):
    """A setting is unknown, of the wrong type or out of range."""


class IndexFolderError(RagLlmError):
    """An index folder is missing, damaged, half-written or made with another embedding model."""


class IndexMissing(IndexFolderError):
    """There is no index, or not all of it; it may yet be published."""


class DocumentsError(RagLlmError):
    """A document can't be read or has the wrong shape."""


class ModelFolderError(RagLlmError):
    """A model folder is missing, incomplete or not loadable."""


class StartError(RagLlmError):
    """Ray or Serve could not start the processes of an architecture."""


class RequestError(RagLlmError):
    """A request can't be answered.

    Args:
        message: the sentence that the client is shown.
        param: the request's field that is wrong, if one is.
        code: OpenAI's machine-readable code, such as ``context_length_exceeded``.
    """

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "server_error"
    retry_after_s: ClassVar[int | None] = None

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        """Keep param and code when the error crosses a process border (Ray pickles it)."""
        return (_rebuild, (type(self), self.message, self.param, self.code))


def _rebuild(kind: type[RequestError], message: str, param: str | None, code: str | None) -> RequestError:
    return kind(message, param=param, code=code)


class InvalidRequest(RequestError):
    """A field of the request is missing, of the wrong type or out of range."""

    status = 400
    kind = "invalid_request_error"


class Unauthorized(RequestError):
    """No API key, or one that isn't among the server's."""

    status = 401
    kind = "authentication_error"


class NotFound(RequestError):
    """An unknown path or an unknown model."""

    status = 404
    kind = "not_found_error"


class BodyTooLarge(RequestError):
    """The request's body is longer than the server reads."""

    status = 413
    kind = "invalid_request_error"


class QueueFull(RequestError):
    """As many requests as the server may hold are in it already."""

    status = 429
    kind = "rate_limit_error"
    retry_after_s = 1


class EngineFailed(RequestError):
    """The engine died or failed while it worked on the request."""


class NotReady(RequestError):
    """The engine is still loading, or unhealthy."""

    status = 503
    kind = "service_unavailable"
    retry_after_s = 5
