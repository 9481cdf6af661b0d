"""Where the demo model is put, and what is replaced there."""

from pathlib import Path

from app.demo.model import provide_demo_model
from app.demo.weights import WEIGHTS
from app.engines.model_folder import check_model_folder

SIZE = (WEIGHTS / "model.safetensors").stat().st_size


def test_it_is_copied_once(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "demo"
    assert provide_demo_model(folder)
    check_model_folder(folder)
    assert not provide_demo_model(folder)
    assert [path.name for path in folder.parent.iterdir()] == ["demo"]


def test_another_version_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    provide_demo_model(folder)
    (folder / "model.safetensors").write_bytes(b"older")
    (folder / "of-the-older-one.json").touch()
    assert provide_demo_model(folder)
    assert (folder / "model.safetensors").stat().st_size == SIZE
    assert not (folder / "of-the-older-one.json").exists()


def test_somebody_s_own_model_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", "utf-8")
    assert not provide_demo_model(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]
