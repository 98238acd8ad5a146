"""What the clock can resolve, and what reading it costs."""


def clock_step_ns(int64_t reads=20_000):
    """The smallest step of the clock, in ns, seen over this many reads."""
    cdef int64_t step
    with nogil:
        step = smallest_clock_step_ns(reads)
    if step == INT64_MAX:
        raise EngineError(f"the clock did not move in {reads} reads")
    return step


def time_nothing(int64_t[::1] start_ns, int64_t[::1] duration_ns):
    """Run the timed loop around nothing: durations are the cost of a start/stop pair."""
    cdef Nothing nothing
    _same_length(start_ns, duration_ns)
    if start_ns.shape[0]:
        with nogil:
            timed_loop(nothing, start_ns.shape[0], 1, &start_ns[0], &duration_ns[0])


cdef int _same_length(int64_t[::1] start_ns, int64_t[::1] duration_ns) except -1:
    if start_ns.shape[0] != duration_ns.shape[0]:
        raise ValueError(f"start_ns holds {start_ns.shape[0]} samples, duration_ns {duration_ns.shape[0]}")
    return 0
