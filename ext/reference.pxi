"""The fixed reference, timed by the same loop as any model."""

from reference cimport DependentChain


cdef class ReferenceLoop(Engine):
    """A chain of ``length`` dependent multiply-adds per invocation; needs no runtime.

    Its time follows the core's clock and what is taken from the core, and nothing else.
    """

    cdef DependentChain _chain

    def __cinit__(self, int64_t length):
        if length < 1:
            raise ValueError(f"length must be at least 1, not {length}")
        self._chain.length = length
        self._open = True

    cdef int _loop(self, int64_t samples, int64_t group, int64_t* start_ns, int64_t* duration_ns) noexcept nogil:
        return timed_loop(self._chain, samples, group, start_ns, duration_ns)

    cdef int _varied_loop(
        self, int64_t samples, int64_t group, int64_t period_ns, int64_t extra_chain,
        int64_t* start_ns, int64_t* duration_ns
    ) noexcept nogil:
        return varied_loop(self._chain, samples, group, period_ns, extra_chain, start_ns, duration_ns)
