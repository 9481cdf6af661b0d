"""The types of settings that options, variables and files all carry as text."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

SLO_FORM = "ttft, tpot or e2e, and a percentile of _p50, _p90, _p95 or _p99 or none"
_SLO_NAME = re.compile(r"(ttft|tpot|e2e)(_p(?:50|90|95|99))?(?:_s)?")
_SLO_LIMIT = re.compile(r"([0-9]*\.?[0-9]+) *(ms|s)?")


def _split(value: Any) -> Any:
    """'2,4,8' -> ['2', '4', '8']; lists pass, with their strings split the same way."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list | tuple):
        return [part for item in value for part in (_split(item) if isinstance(item, str) else [item])]
    return [value]


def _sentences(value: Any) -> Any:
    """'One; another.' -> ['One', 'another.']; of a list each entry is one."""
    return [part.strip() for part in value.split(";") if part.strip()] if isinstance(value, str) else value


def _steps(value: Any) -> Any:
    """'2:30,8:60' -> [['2', '30'], ['8', '60']]; lists of two pass."""
    steps = []
    for item in _split(value) if isinstance(value, str) else value:
        for part in _split(item) if isinstance(item, str) else [item]:
            rate_and_seconds = part.split(":") if isinstance(part, str) else part
            if len(rate_and_seconds) != 2:
                raise ValueError(f"{part!r} should have the form rate:seconds, like 8:60")
            steps.append(rate_and_seconds)
    return steps


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


def _slos(value: Any) -> Any:
    """'ttft_p99=500ms, e2e=2' -> {'ttft_p99_s': 0.5, 'e2e_s': 2.0}."""
    limits = {}
    for name, text in _pairs(value).items():
        known, limit = _SLO_NAME.fullmatch(str(name)), _SLO_LIMIT.fullmatch(str(text).strip())
        if known is None:
            raise ValueError(f"{name!r} is no service level; a name is {SLO_FORM}, like ttft_p99")
        if limit is None or float(limit[1]) <= 0:
            raise ValueError(f"{name}={text} should be a time of more than 0, like 500ms or 2s")
        limits[f"{known[1]}{known[2] or ''}_s"] = float(limit[1]) / (1000 if limit[2] == "ms" else 1)
    return limits


def _words(value: Any) -> Any:
    """'a>=1 b<=2, c>=3' or a list of such -> a list of what stands between spaces and commas."""
    if isinstance(value, str):
        return value.replace(",", " ").split()
    return [word for item in value for word in (_words(item) if isinstance(item, str) else [item])]


Mode = Literal["retrieved", "gold", "none", "missing"]
"""A way of asking in a check of quality; loadtest/quality/mode.py says what each is."""
Modes = Annotated[tuple[Mode, ...], NoDecode, BeforeValidator(_split), Field(min_length=1)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rates = Annotated[tuple[Positive, ...], NoDecode, BeforeValidator(_split)]
Steps = Annotated[tuple[tuple[Positive, Positive], ...], NoDecode, BeforeValidator(_steps)]
Pids = Annotated[tuple[Annotated[int, Field(gt=0)], ...], NoDecode, BeforeValidator(_split)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), Field(min_length=1)]
Sentences = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_sentences)]
Pairs = Annotated[dict[str, str], NoDecode, BeforeValidator(_pairs)]
Slos = Annotated[dict[str, float], NoDecode, BeforeValidator(_slos)]


def _base_url(value: str) -> str:
    value = value.rstrip("/")
    if not value.startswith(("http://", "https://")):
        raise ValueError("should begin with http:// or https://, like http://127.0.0.1:8000")
    return value.removesuffix("/v1")


BaseUrl = Annotated[str, AfterValidator(_base_url)]


def _first_key(value: Any) -> Any:
    """'a,b' -> 'a': a server's own list of keys is as good as one of them."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return text.split(",")[0].strip() or None if isinstance(text, str) else value


ApiKey = Annotated[SecretStr | None, BeforeValidator(_first_key)]
