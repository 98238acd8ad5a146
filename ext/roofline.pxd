from libc.stdint cimport int64_t
from libcpp.vector cimport vector


cdef extern from "roofline.h" namespace "pibench" nogil:
    const int64_t kMostRepetitions
    const int64_t kWidestLanes
    cdef cppclass Arithmetic:
        const char* instructions
        int64_t per_repetition
    cdef cppclass Triad:
        const char* instructions
    cdef cppclass RoofKernel:
        RoofKernel()
        Arithmetic arithmetic
        Triad triad
        int64_t length
    cdef cppclass Team:
        Team(const RoofKernel& kernel, int threads, vector[int] cpus, int64_t repetitions) except +
        int run(int64_t samples, int64_t* start_ns, int64_t* duration_ns)
        int64_t counted()
    vector[Arithmetic] float32_arithmetic() except +
    vector[Arithmetic] int8_arithmetic() except +
    vector[Triad] triads() except +
