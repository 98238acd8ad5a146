from libc.stdint cimport int64_t


cdef extern from "reference.h" namespace "pibench" nogil:
    cdef cppclass DependentChain:
        int64_t length
