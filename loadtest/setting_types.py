"""The types of settings that options, variables and files all carry as text."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

SLO_NAMES = ("ttft_s", "tpot_s", "e2e_s")


def _split(value: Any) -> Any:
    """'2,4,8' -> ['2', '4', '8']; lists pass, with their strings split the same way."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list | tuple):
        return [part for item in value for part in (_split(item) if isinstance(item, str) else [item])]
    return [value]


def _pairs(value: Any) -> Any:
    """'a=1,b=2' or ['a=1', 'b=2'] -> {'a': '1', 'b': '2'}; mappings pass."""
    if isinstance(value, dict):
        return value
    pairs = {}
    for item in _split(value):
        name, equals, text = str(item).partition("=")
        if not equals or not name.strip():
            raise ValueError(f"{item!r} should have the form name=value")
        pairs[name.strip()] = text.strip()
    return pairs


def _known_slos(value: dict[str, float]) -> dict[str, float]:
    for name, limit in value.items():
        if name not in SLO_NAMES:
            raise ValueError(f"{name!r} is no service level; give one of {', '.join(SLO_NAMES)}")
        if limit <= 0:
            raise ValueError(f"{name}={limit:g} should be more than 0 seconds")
    return value


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rates = Annotated[tuple[Positive, ...], NoDecode, BeforeValidator(_split), Field(min_length=1)]
Pids = Annotated[tuple[Annotated[int, Field(gt=0)], ...], NoDecode, BeforeValidator(_split)]
Pairs = Annotated[dict[str, str], NoDecode, BeforeValidator(_pairs)]
Slos = Annotated[dict[str, float], NoDecode, BeforeValidator(_pairs), AfterValidator(_known_slos)]


def _first_key(value: Any) -> Any:
    """'a,b' -> 'a': a server's own list of keys is as good as one of them."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return text.split(",")[0].strip() or None if isinstance(text, str) else value


ApiKey = Annotated[SecretStr | None, BeforeValidator(_first_key)]
