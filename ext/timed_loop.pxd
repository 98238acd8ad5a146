from libc.stdint cimport int64_t


cdef extern from "timed_loop.h" namespace "pibench" nogil:
    cdef cppclass Nothing:
        pass
    int timed_loop[Invoke](const Invoke&, int64_t samples, int64_t group, int64_t* start_ns, int64_t* duration_ns)
    int64_t smallest_clock_step_ns(int64_t reads)
