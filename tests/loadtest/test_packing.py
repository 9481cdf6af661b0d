"""A report of any size fits into its ConfigMaps, or says what didn't; what is in them is found again."""

import random

import pytest

from loadtest.cluster.packing import LIST, Packed, pack, unpack

NAMES = ["main", "main-part-1", "main-part-2"]
LIMIT = 100_000


def _text(size: int, seed: int = 1) -> bytes:
    """Text that compresses to about a half."""
    return bytes(random.Random(seed).choices(b"0123456789abcdef", k=size))


def _files(report: int, page: int) -> dict[str, bytes]:
    return {
        "summary.txt": b"A table\n",
        "figures.tsv": b"rps\n",
        "report.json": _text(report, 1),
        "report.html": _text(page, 2),
    }


def _found_again(files: dict[str, bytes], packed: Packed) -> dict[str, bytes]:
    found = unpack(packed.maps, "main")
    # The summary may have got a remark.
    assert found["summary.txt"].startswith(files["summary.txt"])
    return {name: content for name, content in found.items() if name != "summary.txt"}


@pytest.mark.parametrize(
    ("report", "page", "compressed", "pieces"),
    [
        (10_000, 20_000, [], 0),
        (50_000, 60_000, ["report.html"], 1),
        (80_000, 120_000, ["report.html", "report.json"], 2),
        (150_000, 150_000, ["report.html", "report.json"], 2),
        (250_000, 150_000, ["report.html", "report.json"], 3),
    ],
)
def test_it_fits_and_is_found_again(report: int, page: int, compressed: list[str], pieces: int) -> None:
    files = _files(report, page)
    packed = pack(files, NAMES, LIMIT)
    assert packed.left_out == []
    assert all(content.size_bytes <= LIMIT for content in packed.maps.values())
    assert _found_again(files, packed) == {name: files[name] for name in files if name != "summary.txt"}
    lines = [line.split("\t") for line in packed.maps["main"].data[LIST].splitlines()]
    assert sorted({line[0] for line in lines if line[1] == "gzip"}) == compressed
    assert sum(line[1] == "gzip" for line in lines) >= pieces
    summary = packed.maps["main"].data["summary.txt"]
    assert all(name in summary for name in compressed)


def test_the_report_comes_before_the_page() -> None:
    packed = pack(_files(250_000, 400_000), NAMES, LIMIT)
    assert packed.left_out == ["report.html"]
    assert "report.html: left out" in packed.maps["main"].data["summary.txt"]
    assert "report.json" in unpack(packed.maps, "main")


def test_too_much_for_all_is_told() -> None:
    packed = pack(_files(900_000, 10), NAMES, LIMIT)
    assert packed.left_out == ["report.json"]


def test_it_may_be_one_alone() -> None:
    files = _files(80_000, 80_000)
    assert set(pack(files, ["main"], LIMIT).maps) == {"main"}
