from libc.stdint cimport int64_t


cdef extern from "varied_loop.h" namespace "pibench" nogil:
    int varied_loop[Invoke](
        const Invoke&, int64_t samples, int64_t group, int64_t period_ns, int64_t extra_chain,
        int64_t* start_ns, int64_t* duration_ns)
