from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

keras = pytest.importorskip("keras", exc_type=ImportError)
environment = pytest.importorskip("pibench.models.training.environment")


@pytest.mark.parametrize("error", [NotImplementedError, RuntimeError])
def test_a_backend_that_cannot_list_accelerators_has_none(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def list_devices(kind: str) -> list[str]:
        raise error

    monkeypatch.setattr(keras.distribution, "list_devices", list_devices)
    assert environment.environment(["pibench"]).accelerators == ()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
def test_pibench_trains_and_evaluates_on_any_backend(backend: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    run = ("-o", "run", "--epochs", "1", "--limit", "200")
    for arguments in (("train", "mobilenet_v1:depth=3,width=4", *run), ("evaluate", "run")):
        done = subprocess.run(
            [sys.executable, "-m", "pibench", *arguments, "--data", "generated"],
            cwd=tmp_path,
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
