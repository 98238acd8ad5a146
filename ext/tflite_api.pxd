cdef extern from "tflite_api.h" namespace "pibench::tflite" nogil:
    cdef cppclass Invoke:
        void* interpreter
    const char* find_invoke(const char* path, Invoke* invoke)
