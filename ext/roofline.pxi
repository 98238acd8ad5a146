"""Kernels that reach what a processor and its memory can do at the most."""

from cython.operator cimport dereference
from libcpp.memory cimport unique_ptr
from libcpp.vector cimport vector

from roofline cimport (
    Arithmetic, RoofKernel, Team, Triad, float32_arithmetic, int8_arithmetic, kMostRepetitions, kWidestLanes, triads
)

MOST_REPETITIONS = kMostRepetitions


def roof_kernels(str kernel):
    """Pairs of instructions that this processor has and multiply-adds per repetition, the best first.

    kernel: "float32", "int8", or "triad", whose multiply-adds are one for each element of the arrays.
    """
    if kernel == "triad":
        return tuple((found.instructions.decode(), 1) for found in triads())
    return tuple((found.instructions.decode(), found.per_repetition) for found in _arithmetic(kernel))


def run_roof_kernel(
    str kernel, int64_t[::1] start_ns, int64_t[::1] duration_ns, int64_t repetitions,
    int threads=1, cpus=(), int64_t length=0, int instructions=0
):
    """Take samples on native threads without the GIL; return the multiply-adds of all, as their results count them.

    start_ns, duration_ns: of each sample, from the common start of all threads to the end of the last.
    cpus: the core of each thread; none leaves them to the scheduler. length: elements in each array of
    each thread, a multiple of 16, of the triad alone. instructions: index in ``roof_kernels``.

    Raises MemoryError, and OSError where a thread cannot be made, or not on its core.
    """
    cdef RoofKernel chosen
    cdef vector[int] cores = cpus
    cdef int error
    cdef int64_t samples = start_ns.shape[0]
    _same_length(start_ns, duration_ns)
    if not 1 <= repetitions <= kMostRepetitions or threads < 1:
        raise ValueError(f"impossible: {repetitions} repetitions on {threads} threads")
    if cores.size() and cores.size() != <size_t> threads:
        raise ValueError(f"{threads} threads need as many cores, not {cores.size()}")
    if (kernel == "triad") != (length > 0) or length % kWidestLanes:
        raise ValueError(f"arrays of {length} elements for {kernel}")
    if kernel == "triad":
        if samples * repetitions > kMostRepetitions:
            raise ValueError(f"{samples} samples of {repetitions} passes are more than an element can count")
        chosen.triad = triads().at(instructions)
        chosen.length = length
    else:
        chosen.arithmetic = _arithmetic(kernel).at(instructions)
        chosen.length = 0
    cdef unique_ptr[Team] team = unique_ptr[Team](new Team(chosen, threads, cores, repetitions))
    if not samples:
        return 0
    with nogil:
        error = dereference(team).run(samples, &start_ns[0], &duration_ns[0])
    if error == ENOMEM:
        raise MemoryError
    if error:
        raise OSError(error, f"a thread could not be started (errno {error})")
    return dereference(team).counted()


cdef vector[Arithmetic] _arithmetic(str kernel) except *:
    if kernel == "float32":
        return float32_arithmetic()
    if kernel == "int8":
        return int8_arithmetic()
    raise ValueError(f"there is no kernel {kernel!r}")
