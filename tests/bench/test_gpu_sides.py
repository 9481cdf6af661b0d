"""What bench-gpu compares: the same limits everywhere, and names that say what differs."""

from pathlib import Path

import pytest

from bench.gpu.plan import PLAN, Part
from bench.gpu.prepare import Material
from bench.gpu.sides import CHANGES, SIDES, find_side, retrieves, settings_of

MATERIAL = Material(Path("model"), Path("index"), Path("questions"), Path("prompts"), 1650)


def test_changes_add_up() -> None:
    settings = settings_of(find_side("rvc+inside+cuda+cached"), MATERIAL, gpu=True)
    assert settings.preparation.own_process is False
    assert settings.embedding.device == "cuda"
    assert find_side("rvc+inside+cuda+cached").asks == ("--passage-order", "cached")
    assert settings.rag.top_k == 5
    side = find_side("plain+interval8+servers2")
    assert side.options == ("--stream-interval", "8", "--api-server-count", "2")
    assert find_side("plain+rust").environment == {"VLLM_USE_RUST_FRONTEND": "1"}


@pytest.mark.parametrize("name", ["vllm", "rvc+fast", "plain+own", "rvc+interval8"])
def test_others_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="rvc" if "plain" not in name else "plain"):
        find_side(name)


def test_who_retrieves() -> None:
    found = {name: retrieves(find_side(name)) for name in ("plain", "rvc", "rvc+off", "baseline", "rsc")}
    assert found == {"plain": False, "rvc": True, "rvc+off": False, "baseline": True, "rsc": True}


LIMITS = ("max_num_seqs", "max_num_batched_tokens")


def test_all_have_the_same_limits() -> None:
    """But for those of the engine's own part, which changes them one at a time."""
    names = [*SIDES, *(f"rvc+{change}" for change, side in CHANGES.items() if side.options is None)]
    limits = set()
    for name in names:
        change = CHANGES.get(name.partition("+")[2])
        if change and set(change.settings.get("engine", {})) & set(LIMITS):
            continue
        each = settings_of(find_side(name), MATERIAL, gpu=True)
        limits.add(
            (
                *(getattr(each.engine, limit) for limit in LIMITS),
                each.engine.max_model_len,
                each.engine.gpu_memory_utilization,
                each.model.path,
                each.model.dtype,
                each.sampling.max_tokens,
            )
        )
    assert len(limits) == 1


def test_every_part_of_the_plan_can_be_served() -> None:
    for part in PLAN.values():
        assert part.against in part.sides
        for name in part.sides:
            settings = settings_of(find_side(name), MATERIAL, gpu=True)
            gpus = settings.replicas.gpus * settings.replicas.count
            assert gpus <= part.gpus
            assert settings.replicas.gpus >= settings.engine.tensor_parallel_size


def test_there_are_questions_for_every_arrival() -> None:
    part = Part(("plain",), (64, 128), duration_s=10)
    assert part.arrivals > 128 * (part.warm_up_s + 10 + part.drain_s)


def test_one_server_can_be_asked_in_several_ways() -> None:
    servers = {name: find_side(name).server for name in ("rvc", "rvc+off", "rvc+cached", "rvc+cuda", "plain")}
    assert servers["rvc"] == servers["rvc+off"] == servers["rvc+cached"]
    assert len(set(servers.values())) == 3
