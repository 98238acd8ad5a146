from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t


cdef extern from "event_log.h" namespace "pibench" nogil:
    cdef struct Event:
        const char* name
        int32_t type
        int64_t node
        int64_t subgraph
        int64_t duration_ns
    cdef cppclass EventLog:
        void expect(size_t events) except +
        size_t size()
        const Event& at(size_t index)

cdef extern from "tflite_profiler.h" namespace "pibench::tflite" nogil:
    cdef cppclass Recorder:
        EventLog log
    ctypedef void (*SetProfiler)(void* interpreter, Recorder* profiler) noexcept
    SetProfiler find_set_profiler(const char* path)
    void use_log_of(Recorder* recorder)
    const char* class_of(const void* object)
    void* exchange_functions(void* object, void* functions)
    void* stand_in_functions()
