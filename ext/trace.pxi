"""The board's sensors, read by a thread of their own beside the measurement."""

import os

from channel cimport (
    Channel,
    Encoding,
    kMailboxWords,
    kMissing,
    throttled_answer as _c_throttled_answer,
    throttled_request as _c_throttled_request,
)
from trace cimport Sampler

MISSING = kMissing
MOST_CPUS = 1024  # of cpu_set_t


cdef Encoding _encoding(str name) except *:
    if name == "decimal":
        return Encoding.kDecimal
    if name == "hexadecimal":
        return Encoding.kHexadecimal
    if name == "mailbox":
        return Encoding.kMailbox
    raise ValueError(f"a channel is decimal, hexadecimal or mailbox, not {name!r}")


def read_channel(path, str encoding):
    """One reading of a sensor as the sampler takes it; None where it cannot be had."""
    cdef int64_t value
    cdef Channel* channel = new Channel(os.fsencode(path), _encoding(encoding))
    with nogil:
        value = channel.read()
    del channel
    return None if value == kMissing else value


def throttled_request():
    """The words that ask the Raspberry Pi's firmware for its throttle flags."""
    cdef uint32_t[16] words
    _c_throttled_request(words)
    return tuple(words[i] for i in range(kMailboxWords))


def throttled_answer(answer):
    """The throttle flags in the firmware's answer; None if it is no answer."""
    cdef uint32_t[16] words
    if len(answer) != kMailboxWords:
        raise ValueError(f"an answer has {kMailboxWords} words, not {len(answer)}")
    for i, word in enumerate(answer):
        words[i] = word
    flags = _c_throttled_answer(words)
    return None if flags == kMissing else flags


cdef class TraceSampler:
    """Reads channels every ``period_ns`` on a thread named pibench-trace, without the GIL.

    channels: pairs of a path and "decimal", "hexadecimal" or "mailbox". cpus: the cores the
    thread may run on; none named: where the kernel puts it. One reading is taken by ``start``
    and one by ``stop``, before they return.
    """

    cdef Sampler* _sampler
    cdef Py_ssize_t _columns
    cdef bint _started
    cdef bint _running

    def __cinit__(self, channels, int64_t period_ns, cpus=()):
        if period_ns < 1:
            raise ValueError(f"period_ns must be at least 1, not {period_ns}")
        for cpu in cpus:
            if not 0 <= cpu < MOST_CPUS:
                raise ValueError(f"there is no core {cpu}")
        self._sampler = new Sampler(period_ns, cpus)
        for path, encoding in channels:
            self._sampler.add(os.fsencode(path), _encoding(encoding))
            self._columns += 1
        self._columns += 2

    def start(self):
        """Take the first reading and start the thread. Raises OSError, for cores it may not have for instance."""
        cdef int error
        if self._started:
            raise RuntimeError("a sampler runs once")
        self._started = True
        with nogil:
            error = self._sampler.start()
        if error:
            raise OSError(error, os.strerror(error))
        self._running = True

    def stop(self):
        """End the thread and take the last reading; calling it again does nothing."""
        if self._running:
            # Before the GIL goes, so that a second caller does not join the same thread.
            self._running = False
            with nogil:
                self._sampler.stop()

    def readings(self):
        """What was read so far, also while the thread runs.

        A row per reading: when it began (CLOCK_MONOTONIC, ns), what it cost (ns), then a value
        per channel, MISSING where there was none.
        """
        import numpy

        cdef vector[int64_t] rows
        with nogil:
            rows = self._sampler.readings()
        table = numpy.empty(rows.size(), numpy.int64)
        cdef int64_t[::1] view = table
        if rows.size():
            memcpy(&view[0], rows.data(), rows.size() * sizeof(int64_t))
        return table.reshape(-1, self._columns)

    def __dealloc__(self):
        with nogil:
            del self._sampler
