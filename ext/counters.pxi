"""Event counters of a thread: opened once, counting only between start and stop."""

from counters cimport CounterGroup, CounterReading


cdef class Counters:
    """A group of perf events of one thread.

    thread_id: as the kernel numbers it. events: (type, config) of perf_event_open; those that
    the kernel or the processor lacks are left out. user_only: what the thread does in the kernel
    is not counted, which perf_event_paranoid 2 permits to everyone.

    ``opened``: the indexes of the events that count. ``problem``: errno of the first that does not, or 0.
    """

    cdef readonly tuple opened
    cdef readonly int problem
    cdef CounterGroup _group
    cdef CounterReading _before

    def __cinit__(self, int thread_id, events, bint user_only=True):
        cdef int problem
        opened = []
        for index, (kind, config) in enumerate(events):
            problem = self._group.add(thread_id, kind, config, user_only)
            if not problem:
                opened.append(index)
            elif not self.problem:
                self.problem = problem
        self.opened = tuple(opened)

    def start(self):
        """Begin to count. Raises OSError."""
        if self._group.size:
            _check_errno(self._group.read_into(&self._before))
            _check_errno(self._group.start())

    def stop(self):
        """(counts in the order of ``opened``, ns enabled, ns counting) since ``start``. Raises OSError.

        With fewer ns counting than enabled, the events shared the processor's counters with others.
        """
        cdef CounterReading after
        if not self._group.size:
            return (), 0, 0
        _check_errno(self._group.stop())
        _check_errno(self._group.read_into(&after))
        return (
            tuple(after.values[k] - self._before.values[k] for k in range(self._group.size)),
            after.enabled_ns - self._before.enabled_ns,
            after.running_ns - self._before.running_ns,
        )

    def close(self):
        """Release the events; calling it again does nothing."""
        self._group.close_all()
        self.opened = ()

    def __dealloc__(self):
        self._group.close_all()


cdef int _check_errno(int number) except -1:
    if number:
        raise OSError(number, f"the kernel's event counters fail (errno {number})")
    return 0
