"""What can go wrong when settings are changed."""

from __future__ import annotations

from pibench.errors import PibenchError


class DoctorError(PibenchError):
    """Settings that may not be changed now: no rights, another session, a state file of doubtful origin."""


class ChangeError(PibenchError):
    """One setting that could not be changed or restored; ``is_uncertain`` if it may have changed all the same."""

    def __init__(self, message: str, is_uncertain: bool = False) -> None:
        super().__init__(message)
        self.is_uncertain = is_uncertain
