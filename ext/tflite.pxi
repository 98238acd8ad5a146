"""tflite-runtime: its own Python interpreter sets a model up, the C++ Invoke is timed."""

from tflite_api cimport Invoke as TfliteInvoke
from tflite_api cimport find_invoke


cdef class TfliteLoop(Engine):
    """The timed loop around the tflite::Interpreter behind a tflite_runtime Interpreter.

    extension: path of the wheel's loaded extension module. interpreter: the Python object,
    kept alive until ``close``. Raises EngineError when the extension lacks the symbol.
    """

    cdef object _interpreter
    cdef TfliteInvoke _invoke

    def __cinit__(self, str extension, object interpreter):
        problem = find_invoke(extension.encode(), &self._invoke)
        if problem is not NULL:
            raise EngineError(f"{extension} is not a tflite-runtime that pibench can use: {problem.decode()}")
        self._interpreter = interpreter
        self._invoke.interpreter = <void*><size_t>interpreter._native_handle()
        self._open = True

    def close(self):
        Engine.close(self)
        self._interpreter = None

    cdef int _loop(self, int64_t samples, int64_t group, int64_t* start_ns, int64_t* duration_ns) noexcept nogil:
        return timed_loop(self._invoke, samples, group, start_ns, duration_ns)

    cdef int _varied_loop(
        self, int64_t samples, int64_t group, int64_t period_ns, int64_t extra_chain,
        int64_t* start_ns, int64_t* duration_ns
    ) noexcept nogil:
        return varied_loop(self._invoke, samples, group, period_ns, extra_chain, start_ns, duration_ns)

    cdef object _failed(self, str action, int status):
        return _tflite_failure(action, status)
