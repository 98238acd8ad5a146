"""Status codes of the runtimes as exceptions: the only place that knows them."""

from pibench.errors import EngineError, EngineMemoryError, InvalidModelError, UnsupportedModelError

_LITERT_STATUS = {
    1: (EngineError, "invalid argument"),
    2: (EngineMemoryError, "out of memory: close other programs or measure a smaller model"),
    3: (EngineError, "runtime failure"),
    4: (EngineError, "missing input tensor"),
    5: (UnsupportedModelError, "unsupported"),
    6: (EngineError, "not found"),
    7: (EngineError, "timed out"),
    8: (UnsupportedModelError, "wrong version"),
    500: (InvalidModelError, "the file cannot be read"),
    501: (InvalidModelError, "the file is not a valid flatbuffer"),
    502: (EngineError, "a library could not be loaded"),
    504: (UnsupportedModelError, "compilation failed"),
    1000: (InvalidModelError, "an index is out of bounds"),
    1001: (InvalidModelError, "a type is invalid"),
    1002: (InvalidModelError, "the graph contradicts itself"),
}

_TFLITE_STATUS = {
    1: (EngineError, "error"),
    2: (EngineError, "delegate error"),
    3: (EngineError, "application error"),
    7: (UnsupportedModelError, "unresolved operations"),
}


cdef object _litert_failure(str action, int status):
    return _failure("LiteRT", _LITERT_STATUS, action, status)


cdef object _tflite_failure(str action, int status):
    return _failure("tflite-runtime", _TFLITE_STATUS, action, status)


cdef object _failure(str runtime, dict known, str action, int status):
    kind, meaning = known.get(status, (EngineError, "unknown error"))
    return kind(f"{runtime} could not {action}: {meaning} (status {status})")


cdef int _litert_ok(int status, str action) except -1:
    if status:
        raise _litert_failure(action, status)
    return 0
