# distutils: language = c++
"""The engines: a model loaded in a runtime, timed by a loop without Python in it."""

from libc.errno cimport ENOMEM
from libc.stdint cimport INT64_MAX, int64_t, uint32_t

from timed_loop cimport Nothing, smallest_clock_step_ns, timed_loop
from varied_loop cimport varied_loop

include "status.pxi"
include "clock.pxi"
include "recording.pxi"
include "engine.pxi"
include "litert.pxi"
include "litert_profiler.pxi"
include "tflite.pxi"
include "reference.pxi"
include "trace.pxi"
include "counters.pxi"
include "roofline.pxi"
