"""What all engines share: the timed run, and closing."""

import warnings
from array import array


cdef class Engine:
    """One model in one runtime. Subclasses supply the loop around their runtime's invocation.

    Inside the timed region lies the runtime's invoke call alone: inputs are written before,
    outputs read after, and neither is copied in between.
    """

    cdef bint _open
    cdef _Recording _recording

    def run(
        self,
        int64_t[::1] start_ns,
        int64_t[::1] duration_ns,
        int64_t group=1,
        int64_t period_ns=0,
        int64_t extra_chain=0,
    ):
        """Invoke ``group`` times per sample and fill both arrays, without the GIL.

        start_ns: when each sample began (CLOCK_MONOTONIC). duration_ns: how long its ``group``
        invocations took together. period_ns: sample k begins k periods after the first, or at
        once when it is late; 0: back to back. extra_chain: length of a dependent chain that runs
        after each invocation, as a part of it. Raises EngineError when an invocation fails.
        """
        cdef int status
        self._check_open()
        _same_length(start_ns, duration_ns)
        if group < 1:
            raise ValueError(f"group must be at least 1, not {group}")
        if period_ns < 0 or extra_chain < 0:
            raise ValueError(f"period_ns ({period_ns}) and extra_chain ({extra_chain}) must not be negative")
        if not start_ns.shape[0]:
            return
        if self._recording is not None:
            self._start_recording(start_ns.shape[0] * group)
        with nogil:
            if period_ns or extra_chain:
                status = self._varied_loop(
                    start_ns.shape[0], group, period_ns, extra_chain, &start_ns[0], &duration_ns[0]
                )
            else:
                status = self._loop(start_ns.shape[0], group, &start_ns[0], &duration_ns[0])
        if self._recording is not None:
            self._recording.stop()
        if status:
            raise self._failed("run the model", status)

    cdef int _start_recording(self, int64_t inferences) except -1:
        if inferences > 1 and not self._recording.events_per_inference:
            self.run(array("q", [0]), array("q", [0]))
        return self._recording.start(inferences)

    def events(self):
        """What the runtime's profiler recorded of the latest ``run``: (events, inferences, dropped).

        events: in order, as (name, type as in tflite::Profiler::EventType, node, subgraph, ns).
        inferences: how many they are of, each with as many. dropped: how many inferences found no room.
        Raises EngineError when the engine was opened without its profiler.
        """
        self._check_open()
        if self._recording is None:
            raise EngineError("this engine was opened without its profiler")
        return self._recording.events()

    cdef int _loop(self, int64_t samples, int64_t group, int64_t* start_ns, int64_t* duration_ns) noexcept nogil:
        return -1

    cdef int _varied_loop(
        self, int64_t samples, int64_t group, int64_t period_ns, int64_t extra_chain,
        int64_t* start_ns, int64_t* duration_ns
    ) noexcept nogil:
        return -1

    cdef object _failed(self, str action, int status):
        return EngineError(f"cannot {action}: status {status}")

    cdef int _check_open(self) except -1:
        if not self._open:
            raise EngineError("this engine is closed")
        return 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Release the model and its memory; calling it again does nothing."""
        self._open = False
        self._recording = None

    def __dealloc__(self):
        if self._open:
            warnings.warn("an engine was not closed", ResourceWarning, stacklevel=1)
