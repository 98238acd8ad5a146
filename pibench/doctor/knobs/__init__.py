"""Every knob, in the order in which they are read, shown and tuned."""

from pibench.doctor.knob import Knob
from pibench.doctor.knobs.clock import CpufreqBoost, FrequencyLimits, Governor, IntelTurbo, LowClock
from pibench.doctor.knobs.company import Container, Desktop, IrqBalance, OtherWork, VirtualMachine
from pibench.doctor.knobs.cores import CpuQuota, IsolatedCpus, RealTimeLimit, SmtSiblings
from pibench.doctor.knobs.heat import Battery, Temperature
from pibench.doctor.knobs.kernel import ClockSource, PerfParanoid, Userland
from pibench.doctor.knobs.memory import AddressRandomisation, HugePages, SwapInUse, Swappiness
from pibench.doctor.knobs.raspberry import Bluetooth, BoardSupply, FirmwareFlags, UnderVoltage, Wifi

# Other work is looked at first, before the other knobs keep a core busy; limits before the governor, since writing
# the governor makes the firmware take up both (raspberrypi/firmware #1469).
KNOBS: tuple[Knob, ...] = (
    OtherWork(),
    FrequencyLimits(),
    LowClock(),
    Governor(),
    IntelTurbo(),
    CpufreqBoost(),
    Temperature(),
    FirmwareFlags(),
    UnderVoltage(),
    BoardSupply(),
    Battery(),
    Wifi(),
    Bluetooth(),
    SmtSiblings(),
    IsolatedCpus(),
    CpuQuota(),
    SwapInUse(),
    Swappiness(),
    HugePages(),
    IrqBalance(),
    Desktop(),
    VirtualMachine(),
    ClockSource(),
    Container(),
    AddressRandomisation(),
    RealTimeLimit(),
    PerfParanoid(),
    Userland(),
)

__all__ = ["KNOBS"]
