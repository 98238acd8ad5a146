"""One worker process: all models loaded in it, and sampled in turns."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence

from pibench.measure.asks import Asks
from pibench.measure.instance import Instance, Model, Taken
from pibench.report.model import Protocol
from pibench.worker.client import WorkerFailedError


class ModelFailedError(Exception):
    """What a worker died of while it was at work on this model."""

    def __init__(self, model: Model, cause: WorkerFailedError) -> None:
        super().__init__(str(cause))
        self.model = model
        self.cause = cause


class SessionSampler:
    """Takes the samples of one process.

    ``batched`` tells which models are loaded side by side; ``progress`` hears of the fraction that is done.
    """

    def __init__(
        self,
        worker: Asks,
        models: Sequence[Model],
        protocol: Protocol,
        *,
        process: int,
        clock_step_ns: int,
        batched: Callable[[Sequence[Model]], Iterable[Sequence[Model]]] = lambda models: [models],
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> None:
        self._worker = worker
        self._models = models
        self._protocol = protocol
        self._process = process
        self._clock_step_ns = clock_step_ns
        self._batched = batched
        self._progress = progress
        # For each process anew, so that its order does not depend on what came before.
        self._order = random.Random(f"{protocol.seed} {process}")
        self._instances: list[Instance] = []
        self._at_work = models[0]
        self.rounds: list[tuple[int, ...]] = []

    def run(self) -> None:
        """Take all samples. Raises ModelFailedError when the worker does not survive one of the models."""
        try:
            for number in range(self._protocol.instances):
                for batch in self._batched(self._order.sample(self._models, len(self._models))):
                    loaded = [self._load(model, number) for model in batch]
                    self._sample(loaded)
                    self._release(loaded)
        except WorkerFailedError as error:
            raise ModelFailedError(self._at_work, error) from None

    def taken(self) -> Iterator[Taken]:
        """What there is, also of a run that was broken off: of all instances with any sample."""
        return (instance.taken() for instance in self._instances if instance.samples)

    def _load(self, model: Model, number: int) -> Instance:
        self._at_work = model
        instance = Instance(
            self._worker,
            model,
            self._protocol,
            process=self._process,
            number=number,
            clock_step_ns=self._clock_step_ns,
        )
        self._instances.append(instance)
        return instance

    def _sample(self, loaded: Sequence[Instance]) -> None:
        while waiting := [instance for instance in loaded if instance.fraction < 1]:
            turns = self._order.sample(waiting, len(waiting))
            for instance in turns:
                self._at_work = instance.model
                instance.block()
                done = sum(one.fraction for one in self._instances)
                self._progress(done / (self._protocol.instances * len(self._models)))
            self.rounds.append(tuple(instance.model.index for instance in turns))

    def _release(self, loaded: Sequence[Instance]) -> None:
        for instance in loaded:
            self._at_work = instance.model
            instance.release()
