"""tflite-runtime: its own Python interpreter sets a model up, the C++ Invoke is timed."""

from tflite_api cimport Invoke as TfliteInvoke
from tflite_api cimport find_invoke
from tflite_profiler cimport Event, Recorder, SetProfiler, find_set_profiler

# 15 MB, thousands of inferences of any network of ours.
cdef int64_t MOST_EVENTS = 1 << 17


cdef class _TfliteRecording(_Recording):
    """Through a tflite::Profiler of ours, which the interpreter calls until ``release``."""

    cdef Recorder* _recorder
    cdef SetProfiler _set_profiler
    cdef void* _interpreter

    def __cinit__(self, str extension, size_t interpreter):
        self._set_profiler = find_set_profiler(extension.encode())
        if self._set_profiler is NULL:
            raise UnsupportedModelError(f"{extension} takes no profiler: it exports no Interpreter::SetProfiler")
        self._recorder = new Recorder()
        self._interpreter = <void*>interpreter
        self._set_profiler(self._interpreter, self._recorder)

    cdef int release(self) except -1:
        if self._interpreter is not NULL:
            self._set_profiler(self._interpreter, NULL)
            self._interpreter = NULL
        return 0

    cdef int _start(self, int64_t events) except -1:
        self._recorder.log.expect(min(events, MOST_EVENTS))
        return 0

    cdef int64_t _stop(self) except -1:
        return self._recorder.log.size()

    cdef list _read(self, int64_t events):
        return [_event(&self._recorder.log.at(i)) for i in range(events)]

    def __dealloc__(self):
        del self._recorder


cdef tuple _event(const Event* event):
    return event.name.decode(errors="replace"), event.type, event.node, event.subgraph, event.duration_ns


cdef class TfliteLoop(Engine):
    """The timed loop around the tflite::Interpreter behind a tflite_runtime Interpreter.

    extension: path of the wheel's loaded extension module. interpreter: the Python object,
    kept alive until ``close``. profile: whether the runtime's profiler records each run; XNNPACK
    heeds it when tensors are not allocated yet. Raises EngineError when the extension lacks a symbol.
    """

    cdef object _interpreter
    cdef TfliteInvoke _invoke

    def __cinit__(self, str extension, object interpreter, bint profile=False):
        problem = find_invoke(extension.encode(), &self._invoke)
        if problem is not NULL:
            raise EngineError(f"{extension} is not a tflite-runtime that pibench can use: {problem.decode()}")
        self._interpreter = interpreter
        self._invoke.interpreter = <void*><size_t>interpreter._native_handle()
        if profile:
            self._recording = _TfliteRecording(extension, interpreter._native_handle())
        self._open = True

    def close(self):
        if self._recording is not None:
            (<_TfliteRecording>self._recording).release()
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
