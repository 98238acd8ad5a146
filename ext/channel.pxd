from libc.stdint cimport int64_t, uint32_t
from libcpp.string cimport string


cdef extern from "channel.h" namespace "pibench" nogil:
    cdef enum class Encoding "pibench::Encoding":
        kDecimal
        kHexadecimal
        kMailbox

    cdef cppclass Channel:
        Channel(string path, Encoding encoding) except +
        int64_t read()

    const int64_t kMissing
    const int kMailboxWords
    void throttled_request(uint32_t* words)
    int64_t throttled_answer(const uint32_t* words)
