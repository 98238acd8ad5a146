from libc.stdint cimport uint32_t, uint64_t
from libcpp cimport bool as cbool


cdef extern from "counters.h" namespace "pibench" nogil:
    cdef cppclass CounterReading "pibench::CounterGroup::Reading":
        uint64_t enabled_ns
        uint64_t running_ns
        uint64_t* values
    cdef cppclass CounterGroup:
        int size
        int add(int thread_id, uint32_t type, uint64_t config, cbool user_only)
        int start()
        int stop()
        int read_into(CounterReading* reading)
        void close_all()
