"""Fetch models onto the volume, unless they are there. Run by the models Job.

A folder gets its name when it is complete: replicas wait for the name.
"""

import json
import os
from pathlib import Path

SHARED = Path("/mnt/shared")


def download(repo: str, revision: str, path: str) -> None:
    """Fetch one model into a folder below the volume; a broken download goes on where it was."""
    target = SHARED / path
    if target.exists():
        print(f"{target} is there", flush=True)
        return
    from huggingface_hub import snapshot_download

    partial = target.with_name(target.name + ".partial")
    print(f"fetching {repo} at {revision} into {target}", flush=True)
    snapshot_download(repo, revision=revision, local_dir=partial)
    partial.rename(target)


for item in json.loads(os.environ["MODELS"]):
    download(item["repo"], item["revision"], item["path"])
