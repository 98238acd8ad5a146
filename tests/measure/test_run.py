"""What several campaigns give makes one report."""

from __future__ import annotations

from fakes import CONDITION, DEVICE, MET, NO_SENSORS, SUBJECT, FakeBoard, FakeWorker, measurement

from pibench.measure.run import Outcome, Setting, measure
from pibench.report import Protocol, Result, Session
from pibench.worker.protocol import Clock, Load

NET = "mobilenet_v1:depth=3,width=4"


class Deaf:
    def progress(self, what: str, done: float, total: float) -> None: ...
    def results_changed(self, results: object, sessions: object) -> None: ...


def outcome(*processes: int, results: int = 1, complete: bool = True) -> Outcome:
    measured = tuple(measurement([10, 11], process=process) for process in processes)
    sessions = tuple(
        Session(process=process, cool_down=MET, rounds=(tuple(range(results)),), trace=NO_SENSORS, spans=())
        for process in processes
    )
    return Outcome((Result(subject=SUBJECT, condition=CONDITION, measurements=measured),) * results, sessions, complete)


def test_later_processes_are_numbered_on() -> None:
    joined = outcome(0, 1).followed_by(outcome(0, 1, 2))
    assert [session.process for session in joined.sessions] == [0, 1, 2, 3, 4]
    assert [[one.process for one in result.measurements] for result in joined.results] == [[0, 1], [2, 3, 4]]


def test_rounds_of_a_later_campaign_tell_of_its_own_results() -> None:
    joined = outcome(0, results=3).followed_by(outcome(0, results=2))
    assert [session.rounds for session in joined.sessions] == [((0, 1, 2),), ((3, 4),)]


def test_nothing_before_changes_nothing() -> None:
    assert Outcome((), (), True).followed_by(outcome(0, 1)) == outcome(0, 1)


def test_both_are_complete_or_their_report_is_not() -> None:
    assert not outcome(0).followed_by(outcome(0, complete=False)).complete
    assert not outcome(0, complete=False).followed_by(outcome(0)).complete


def setting(worker: FakeWorker) -> Setting:
    protocol = Protocol(processes=2, most_processes=2, seconds=0.1, warm_up_s=0.01)
    return Setting(protocol, DEVICE, Clock(20, 30.0, 60.0), lambda cpus: FakeBoard(), lambda timeout_s: worker)


def test_an_interruption_leaves_what_there_is() -> None:
    class Interrupted(FakeWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if sum(isinstance(one, Load) for one in self.asked) > 1:
                raise KeyboardInterrupt
            return super().ask(request, expected)

    found = measure([(NET, CONDITION)], setting(Interrupted()), Deaf())
    assert not found.complete
    assert len(found.results[0].measurements) == 1
