"""LiteRT's profiler: a compiled model has one, and owns it, when its options asked for it.

Through the C API it costs about 100 us an inference (x86-64), since three of its events read the
process's memory usage twice each: 6 to 28 % of networks of 0.4 to 1.5 ms. Its times are whole
microseconds. The profiler is a tflite::Profiler (litert/runtime/profiler.h), so where the caller knows
the version and the library says that it is one, a log of ours stands in for it while a run lasts, at a
fraction of the cost.
Either way the model holds the profiler's own buffer, some 70 MB.
"""

from litert_api cimport ProfiledEvent, ProfilerApi, ProfilerT, load_profiler_api
from tflite_profiler cimport Recorder, class_of, exchange_functions, stand_in_functions, use_log_of

cdef bytes PROFILER_CLASS = b"15LiteRtProfilerT"


cdef _Recording _litert_recording(str library, _CompiledModel compiled, bint stand_in):
    """The best way that this library allows. Raises UnsupportedModelError when there is none."""
    cdef _LiteRtRecording recording = _LiteRtRecording(library, compiled)
    if not stand_in or class_of(recording._profiler) != PROFILER_CLASS:
        return recording
    return _StandInRecording(recording)


cdef class _LiteRtRecording(_Recording):
    """Through the C API."""

    cdef ProfilerApi _api
    cdef ProfilerT* _profiler
    cdef _CompiledModel _compiled

    def __cinit__(self, str library, _CompiledModel compiled):
        problem = load_profiler_api(library.encode(), &self._api)
        if problem is not NULL:
            raise UnsupportedModelError(f"this LiteRT has no profiler that pibench can use: {problem.decode()}")
        self._compiled = compiled
        _litert_ok(self._api.CompiledModelGetProfiler(compiled.handle, &self._profiler), "give a profiler")
        if self._profiler is NULL:
            raise UnsupportedModelError("this LiteRT gives the model no profiler: measure without one")

    cdef int _start(self, int64_t events) except -1:
        # Forgets what there was, too.
        return _litert_ok(self._api.StartProfiler(self._profiler), "start the profiler")

    cdef int64_t _stop(self) except -1:
        cdef int events
        _litert_ok(self._api.StopProfiler(self._profiler), "stop the profiler")
        _litert_ok(self._api.GetNumProfilerEvents(self._profiler, &events), "count the profiler's events")
        return events

    cdef list _read(self, int64_t events):
        cdef vector[ProfiledEvent] found
        cdef int64_t i
        found.resize(self._kept)
        _litert_ok(
            self._api.GetProfilerEvents(self._profiler, self._kept, found.data()), "tell the profiler's events"
        )
        # The last: when its buffer is full, the oldest are overwritten.
        return [
            (
                found[i].tag.decode(errors="replace"),
                found[i].type,
                <int64_t>found[i].node,
                <int64_t>found[i].subgraph,
                <int64_t>found[i].elapsed_us * 1000,
            )
            for i in range(self._kept - events, self._kept)
        ]


cdef class _StandInRecording(_Recording):
    """Through a log of ours in the profiler's place, from the start to the end of each run."""

    cdef _LiteRtRecording _original
    cdef Recorder* _recorder
    cdef void* _functions

    def __cinit__(self, _LiteRtRecording original):
        self._original = original
        self._recorder = new Recorder()

    cdef int _start(self, int64_t events) except -1:
        self._recorder.log.expect(min(events, MOST_EVENTS))
        use_log_of(self._recorder)
        self._functions = exchange_functions(self._original._profiler, stand_in_functions())
        return 0

    cdef int64_t _stop(self) except -1:
        exchange_functions(self._original._profiler, self._functions)
        return self._recorder.log.size()

    cdef list _read(self, int64_t events):
        return [_event(&self._recorder.log.at(i)) for i in range(events)]

    def __dealloc__(self):
        del self._recorder
