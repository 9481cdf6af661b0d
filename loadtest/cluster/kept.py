"""Files that were kept in ConfigMaps, read again: a report's, whichever pieces it lies in."""

import time
import zlib

from loadtest.cluster.api import ClusterApi
from loadtest.cluster.packing import LIST, SUMMARY, Content, unpack
from loadtest.errors import ApiAway, ReportError

PATIENCE_S, BACKOFF_S = 60.0, 2.0


def read_kept(api: ClusterApi, name: str, patience_s: float = PATIENCE_S) -> dict[str, bytes]:
    """The files in a report's ConfigMap and its parts.

    Args:
        api: the way to the cluster.
        name: of the main ConfigMap.
        patience_s: how long an API server that is away is tried again.

    Returns:
        Name to content; only summary.txt if the run has not begun.

    Raises:
        ClusterError: it is not there, may not be read, or the API server stays away.
        ReportError: a piece is missing.
    """
    deadline = time.monotonic() + patience_s
    maps = {name: _read(api, name, deadline)}
    # A run that has not begun has a summary of the chart's alone.
    if LIST not in maps[name].data:
        return {key: text.encode() for key, text in maps[name].data.items() if key == SUMMARY}
    for line in maps[name].data[LIST].splitlines():
        part = line.split("\t")[2]
        if part not in maps:
            maps[part] = _read(api, part, deadline)
    try:
        return unpack(maps, name)
    except (KeyError, ValueError, OSError, EOFError, zlib.error) as error:
        raise ReportError(f"The report in ConfigMap {name} is damaged: {error!r}.") from None


def _read(api: ClusterApi, name: str, deadline: float) -> Content:
    while True:
        try:
            return api.config_map(name)
        except ApiAway:
            if time.monotonic() > deadline:
                raise
            time.sleep(BACKOFF_S)
