from libc.stdint cimport int64_t
from libcpp.string cimport string
from libcpp.vector cimport vector

from channel cimport Encoding


cdef extern from "trace.h" namespace "pibench" nogil:
    cdef cppclass Sampler:
        Sampler(int64_t period_ns, vector[int] cpus) except +
        void add(string path, Encoding encoding) except +
        int start() except +
        void stop()
        vector[int64_t] readings() except +
