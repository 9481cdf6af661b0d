"""What bench-gpu compares: the same limits everywhere, and names that say what differs."""

from pathlib import Path

import pytest

from bench.gpu.prepare import Material
from bench.gpu.sides import CHANGES, SIDES, find_side, retrieves, settings_of

MATERIAL = Material(Path("model"), Path("index"), Path("questions"), Path("prompts"), 1650)


def test_changes_add_up() -> None:
    settings = settings_of(find_side("rvc+own+cuda+cached"), MATERIAL, gpu=True)
    assert settings.preparation.own_process
    assert settings.embedding.device == "cuda"
    assert settings.rag.passage_order == "cached"
    assert settings.rag.top_k == 5
    side = find_side("plain+interval8+servers2")
    assert side.options == ("--stream-interval", "8", "--api-server-count", "2")
    assert find_side("plain+rust").environment == {"VLLM_USE_RUST_FRONTEND": "1"}


@pytest.mark.parametrize("name", ["vllm", "rvc+fast", "plain+own", "rvc+interval8"])
def test_others_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="rvc" if "plain" not in name else "plain"):
        find_side(name)


def test_who_retrieves() -> None:
    found = {
        name: retrieves(find_side(name), MATERIAL) for name in ("plain", "rvc", "rvc+off", "baseline", "rsc")
    }
    assert found == {"plain": False, "rvc": True, "rvc+off": False, "baseline": True, "rsc": True}


def test_all_have_the_same_limits() -> None:
    names = [*SIDES, *(f"rvc+{change}" for change, side in CHANGES.items() if side.options is None)]
    settings = [settings_of(find_side(name), MATERIAL, gpu=True) for name in names]
    limits = {
        (each.engine.max_model_len, each.engine.max_num_seqs, each.engine.max_num_batched_tokens,
         each.engine.gpu_memory_utilization, each.model.path, each.model.dtype, each.sampling.max_tokens)
        for each in settings
    }  # fmt: skip
    assert len(limits) == 1
    assert {each.replicas.gpus for each in settings} == {1}
