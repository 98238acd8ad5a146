"""What on this machine disturbs timing, and how it is changed for a while."""

from pibench.doctor.diagnosis import Diagnosis, LeftOver, diagnose
from pibench.doctor.errors import DoctorError
from pibench.doctor.host import Host, this_host
from pibench.doctor.knob import Finding, Knob
from pibench.doctor.knobs import KNOBS

__all__ = ["KNOBS", "Diagnosis", "DoctorError", "Finding", "Host", "Knob", "LeftOver", "diagnose", "this_host"]
