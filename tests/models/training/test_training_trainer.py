from __future__ import annotations

import pytest
from trainings import small_setting

keras = pytest.importorskip("keras", exc_type=ImportError)
trainer = pytest.importorskip("pibench.models.training.trainer")


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_a_recipes_momentum_reaches_batch_norm_whatever_the_backend_calls_it(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    network = trainer.Trainer(small_setting(batch_norm_momentum=0.7))._network
    found = [layer.momentum for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert found == [0.7, 0.7]
