"""What a runtime's own profiler records of the runs of an engine."""

# Beyond any network of ours; asked for only until it is known how many an inference makes.
cdef int64_t FIRST_EVENTS = 1 << 14


cdef class _Recording:
    """Events of the latest run; subclasses know a runtime's profiler."""

    cdef int64_t events_per_inference
    cdef int64_t _inferences
    cdef int64_t _kept

    cdef int start(self, int64_t inferences) except -1:
        """Forget all events, and record those of so many inferences."""
        self._inferences = inferences
        self._kept = 0
        return self._start(inferences * (self.events_per_inference or FIRST_EVENTS))

    cdef int stop(self) except -1:
        self._kept = self._stop()
        if self._inferences == 1:
            self.events_per_inference = self._kept
        return 0

    cdef tuple events(self):
        cdef int64_t whole = self._kept // self.events_per_inference if self.events_per_inference else 0
        whole = min(whole, self._inferences)
        return self._read(whole * self.events_per_inference), whole, self._inferences - whole

    cdef int _start(self, int64_t events) except -1:
        return 0

    cdef int64_t _stop(self) except -1:
        """How many events there are."""
        return 0

    cdef list _read(self, int64_t events):
        """So many of them, in order."""
        return []
