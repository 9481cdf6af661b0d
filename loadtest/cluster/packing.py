"""A report's files in ConfigMaps: plain if they fit, else compressed, else split over several."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# A ConfigMap may hold 1 MiB; the rest is room for what else counts: keys, labels, who wrote which field.
LIMIT_BYTES = 900 * 1024
SUMMARY, FIGURES, PAGE = "summary.txt", "figures.tsv", "report.html"
REPORT, EXPERIMENT = "report.json", "experiment.json"
# The list of files, for readers: one line `file <tab> plain|gzip <tab> ConfigMap <tab> key` a piece.
LIST = "files.tsv"
# What a reader wants at once stays plain; these are compressed, in this order, if it gets too much.
COMPRESSIBLE = (PAGE, EXPERIMENT, REPORT)


@dataclass(slots=True)
class Content:
    """The keys of one ConfigMap."""

    data: dict[str, str] = field(default_factory=dict)
    binary: dict[str, bytes] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """What the API server counts: the values."""
        return sum(len(text.encode()) for text in self.data.values()) + sum(map(len, self.binary.values()))


@dataclass(slots=True)
class Packed:
    """ConfigMaps by name, the first of `names` always among them; `left_out` files found no room."""

    maps: dict[str, Content]
    left_out: list[str]


def pack(files: Mapping[str, bytes], names: Sequence[str], limit_bytes: int = LIMIT_BYTES) -> Packed:
    """Lay files out.

    Args:
        files: name to content, UTF-8 texts.
        names: of the ConfigMaps that may be filled, the main one first.
        limit_bytes: of each.

    Returns:
        A layout that is readable by its LIST. summary.txt says what is not plain, or not there.
    """
    kept = {name: content for name, content in files.items() if name not in COMPRESSIBLE}
    plain = {name: content for name, content in files.items() if name in COMPRESSIBLE}
    zipped: dict[str, bytes] = {}
    # Room for the list and for the remark.
    room = limit_bytes - sum(map(len, kept.values())) - 4096
    for name in COMPRESSIBLE:
        if name in plain and sum(map(len, (plain | zipped).values())) > room:
            zipped[name] = gzip.compress(plain.pop(name), mtime=0)
    packed = Packed({name: Content() for name in names}, [])
    main = packed.maps[names[0]]
    lines = []
    for name, content in (kept | plain).items():
        main.data[name] = content.decode()
        lines.append(f"{name}\tplain\t{names[0]}\t{name}")
    capacity = dict.fromkeys(names, limit_bytes) | {
        names[0]: room - sum(len(content) for content in plain.values())
    }
    # The report first: the page can be made from it again.
    for name in reversed(COMPRESSIBLE):
        if name in zipped:
            lines += _place(name, zipped[name], packed, capacity)
    main.data[LIST] = "\n".join(lines) + "\n"
    if remark := _remark(zipped, packed.left_out):
        main.data[SUMMARY] = main.data.get(SUMMARY, "") + remark
    return packed


def unpack(maps: Mapping[str, Content], main: str) -> dict[str, bytes]:
    """The files again, of a layout made by pack()."""
    pieces: dict[str, list[bytes]] = {}
    encodings: dict[str, str] = {}
    for line in maps[main].data[LIST].splitlines():
        name, encodings[name], config_map, key = line.split("\t")
        content = maps[config_map]
        piece = content.data[key].encode() if key in content.data else content.binary[key]
        pieces.setdefault(name, []).append(piece)
    whole = {name: b"".join(parts) for name, parts in pieces.items()}
    return {
        name: gzip.decompress(content) if encodings[name] == "gzip" else content
        for name, content in whole.items()
    }


def _place(name: str, content: bytes, packed: Packed, capacity: dict[str, int]) -> list[str]:
    """Put a compressed file where there is room, in pieces if need be; its lines of the list."""
    if len(content) > sum(capacity.values()):
        packed.left_out.append(name)
        return []
    whole = next((place for place, room in capacity.items() if room >= len(content)), None)
    lines, offset, number = [], 0, 0
    for place in [whole] if whole else list(capacity):
        piece = content[offset : offset + capacity[place]]
        if not piece:
            continue
        key = f"{name}.gz" if whole else f"{name}.gz.{number}"
        packed.maps[place].binary[key] = piece
        capacity[place] -= len(piece)
        lines.append(f"{name}\tgzip\t{place}\t{key}")
        offset, number = offset + len(piece), number + 1
    return lines


def _remark(zipped: Mapping[str, bytes], left_out: Sequence[str]) -> str:
    kept = [name for name in zipped if name not in left_out]
    remark = ""
    if kept:
        remark += (
            f"\n{' and '.join(kept)}: compressed (gzip, in binaryData), because of their size; "
            f"{LIST} says where each piece lies.\n"
        )
    if left_out:
        remark += f"\n{' and '.join(left_out)}: left out, too large even so.\n"
    return remark
