"""API keys, as OpenAI's clients send them: ``Authorization: Bearer KEY``."""

import hmac

from starlette.types import Scope

from app.errors import Unauthorized


def check_key(scope: Scope, keys: tuple[str, ...]) -> None:
    """Return if the request may go on; without keys every request may.

    Raises:
        Unauthorized: no key, or a wrong one.
    """
    if not keys:
        return
    sent = dict(scope["headers"]).get(b"authorization", b"")
    scheme, _, key = sent.partition(b" ")
    if scheme.lower() != b"bearer" or not key:
        raise Unauthorized("an API key is needed: send `Authorization: Bearer KEY`", code="missing_api_key")
    # Every key is compared, in constant time, so that timing tells nothing.
    matches = [hmac.compare_digest(key.strip(), known.encode()) for known in keys]
    if not any(matches):
        raise Unauthorized("this API key is not among the server's", code="invalid_api_key")
