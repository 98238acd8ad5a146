"""LiteRT through its C API: one class per handle, and the engine made of them.

Each handle keeps alive what its C object refers to, so they are released in the right order.
"""

from libc.stdlib cimport free
from libc.string cimport memcpy, strdup
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from litert_api cimport (
    Api,
    CompiledModelT,
    EnvironmentOption,
    EnvironmentT,
    Layout,
    ModelT,
    OpaqueOptionsT,
    OptionsT,
    RequirementsT,
    SignatureT,
    TensorBufferT,
    TensorT,
    TensorType,
    kAnyInt,
    kAutoRegisterAccelerators,
    kCpu,
    kMaxRank,
    kMinLoggerSeverity,
    kRead,
    kWrite,
    load_api,
)
from litert_api cimport Invoke as LiteRtInvoke

cdef int LOG_WARNINGS = 2

cdef Api _litert
cdef str _litert_path = None


cdef int _load_litert(str path) except -1:
    global _litert, _litert_path
    cdef Api found
    if _litert_path == path:
        return 0
    problem = load_api(path.encode(), &found)
    if problem is not NULL:
        raise EngineError(f"{path} is not a LiteRT that pibench can use: {problem.decode()}")
    # Only a whole table replaces the one in use.
    _litert, _litert_path = found, path
    return 0


cdef class _Environment:
    cdef EnvironmentT* handle

    def __cinit__(self):
        # The CPU accelerator alone: loading the WebGPU one aborts the process on a Cortex-A53
        # or A72 (Pi 3, Pi 4), for which its library is not built.
        cdef EnvironmentOption[2] options
        options[0].tag = kAutoRegisterAccelerators
        options[0].value.type = kAnyInt
        options[0].value.int_value = kCpu
        options[1].tag = kMinLoggerSeverity
        options[1].value.type = kAnyInt
        options[1].value.int_value = LOG_WARNINGS
        _litert_ok(_litert.CreateEnvironment(2, options, &self.handle), "start")

    def __dealloc__(self):
        if self.handle is not NULL:
            _litert.DestroyEnvironment(self.handle)


cdef class _Model:
    cdef ModelT* handle
    cdef SignatureT* signature
    cdef _Environment environment

    def __cinit__(self, _Environment environment, str path):
        self.environment = environment
        _litert_ok(_litert.CreateModelFromFile(environment.handle, path.encode(), &self.handle), "load the model")
        _litert_ok(_litert.GetModelSignature(self.handle, 0, &self.signature), "find the model's signature")

    def __dealloc__(self):
        if self.handle is not NULL:
            _litert.DestroyModel(self.handle)

    cdef list tensors(self, bint inputs):
        """The inputs, or else the outputs, as (name, code of the element type, shape)."""
        cdef size_t count, i
        cdef TensorT* tensor
        cdef int status
        if inputs:
            status = _litert.GetNumSignatureInputs(self.signature, &count)
        else:
            status = _litert.GetNumSignatureOutputs(self.signature, &count)
        _litert_ok(status, "count its tensors")
        found = []
        for i in range(count):
            if inputs:
                status = _litert.GetSignatureInputTensorByIndex(self.signature, i, &tensor)
            else:
                status = _litert.GetSignatureOutputTensorByIndex(self.signature, i, &tensor)
            _litert_ok(status, "describe a tensor")
            found.append(_tensor(tensor))
        return found


cdef tuple _tensor(TensorT* tensor):
    """(name, code of the element type, shape with -1 where it is free)."""
    cdef TensorType type
    cdef const char* name
    _litert_ok(_litert.GetTensorName(tensor, &name), "name a tensor")
    _litert_ok(_litert.GetRankedTensorType(tensor, &type), "describe a tensor")
    return name.decode(), type.element_type, tuple(type.layout.dimensions[k] for k in range(type.layout.rank))


cdef class _Options:
    cdef OptionsT* handle

    def __cinit__(self, int threads, str kernels, bint profile):
        _litert_ok(_litert.CreateOptions(&self.handle), "make options")
        _litert_ok(_litert.SetOptionsHardwareAccelerators(self.handle, kCpu), "choose the CPU")
        self._add(b"xnnpack", f'num_threads = {threads}\nkernel_mode = "{kernels}"\n')
        if profile:
            self._add(b"runtime_options_string", "enable_profiling = true\n")

    cdef int _add(self, bytes identifier, str toml) except -1:
        cdef OpaqueOptionsT* options
        cdef char* payload = strdup(toml.encode())
        _litert_ok(_litert.CreateOpaqueOptions(identifier, payload, free, &options), "set options")
        _litert_ok(_litert.AddOpaqueOptions(self.handle, options), "set options")
        return 0

    def __dealloc__(self):
        if self.handle is not NULL:
            _litert.DestroyOptions(self.handle)


cdef class _CompiledModel:
    cdef CompiledModelT* handle
    cdef _Model model

    def __cinit__(self, _Model model, _Options options):
        self.model = model
        _litert_ok(
            _litert.CreateCompiledModel(model.environment.handle, model.handle, options.handle, &self.handle),
            "prepare the model",
        )

    def __dealloc__(self):
        if self.handle is not NULL:
            _litert.DestroyCompiledModel(self.handle)

    cdef int resize_input(self, size_t index, tuple shape) except -1:
        cdef vector[int] dimensions = shape
        return _litert_ok(
            _litert.CompiledModelResizeInputTensorNonStrict(
                self.handle, 0, index, dimensions.data(), dimensions.size()
            ),
            f"give input {index} the shape {shape}",
        )

    cdef list output_shapes(self, size_t count):
        cdef vector[Layout] layouts
        layouts.resize(count)
        _litert_ok(
            _litert.GetCompiledModelOutputTensorLayouts(self.handle, 0, count, layouts.data(), True),
            "tell the outputs' shapes",
        )
        return [tuple(layouts[i].dimensions[k] for k in range(layouts[i].rank)) for i in range(count)]

    cdef _TensorBuffer buffer(self, bint input, size_t index, int element_type, tuple shape):
        """Memory for an input, or else an output, as the compiled model wants it."""
        cdef RequirementsT* requirements
        cdef int status
        if input:
            status = _litert.GetCompiledModelInputBufferRequirements(self.handle, 0, index, &requirements)
        else:
            status = _litert.GetCompiledModelOutputBufferRequirements(self.handle, 0, index, &requirements)
        _litert_ok(status, "tell what memory a tensor needs")
        return _new_buffer(self.model.environment, element_type, shape, requirements)

    cdef bint is_fully_accelerated(self):
        cdef cbool answer
        _litert_ok(_litert.CompiledModelIsFullyAccelerated(self.handle, &answer), "tell which kernels run")
        return answer


cdef class _TensorBuffer:
    cdef TensorBufferT* handle
    cdef size_t size
    cdef _Environment environment

    def __dealloc__(self):
        if self.handle is not NULL:
            _litert.DestroyTensorBuffer(self.handle)

    cdef int write(self, const unsigned char[::1] data) except -1:
        cdef void* memory
        if <size_t>data.shape[0] != self.size:
            raise ValueError(f"the input takes {self.size} bytes, not {data.shape[0]}")
        _litert_ok(_litert.LockTensorBuffer(self.handle, &memory, kWrite), "open an input for writing")
        memcpy(memory, &data[0], self.size)
        return _litert_ok(_litert.UnlockTensorBuffer(self.handle), "hand an input over")

    cdef bytes read(self):
        cdef void* memory
        _litert_ok(_litert.LockTensorBuffer(self.handle, &memory, kRead), "open an output")
        data = (<const char*>memory)[:self.size]
        _litert_ok(_litert.UnlockTensorBuffer(self.handle), "close an output")
        return data


cdef _TensorBuffer _new_buffer(_Environment environment, int element_type, tuple shape, RequirementsT* requirements):
    cdef TensorType type
    cdef _TensorBuffer buffer = _TensorBuffer()
    if len(shape) > kMaxRank:
        raise UnsupportedModelError(f"LiteRT takes tensors of up to {kMaxRank} dimensions, not {len(shape)}")
    type.element_type = element_type
    type.layout.rank = len(shape)
    type.layout.has_strides = 0
    for axis, extent in enumerate(shape):
        type.layout.dimensions[axis] = extent
    buffer.environment = environment
    _litert_ok(
        _litert.CreateManagedTensorBufferFromRequirements(environment.handle, &type, requirements, &buffer.handle),
        "allocate a tensor",
    )
    _litert_ok(_litert.GetTensorBufferPackedSize(buffer.handle, &buffer.size), "measure a tensor")
    return buffer


cdef class LiteRtEngine(Engine):
    """A model compiled by LiteRT for the CPU.

    library: path of libLiteRt.so. kernels: "delegate" (XNNPACK), "builtin" or "reference".
    profile: whether the runtime's profiler records each run. stand_in: whether a log of ours may take
    its place, which costs less and has times in ns instead of whole microseconds: only for a library whose
    profiler is known to be laid out as ext/tflite_profiler.h has it.
    Free dimensions of inputs are set to 1. ``inputs`` and ``outputs`` are tuples of
    (name, code of the element type, shape). Raises EngineError and its kinds.
    """

    cdef readonly tuple inputs
    cdef readonly tuple outputs
    cdef _CompiledModel _compiled
    cdef list _input_buffers
    cdef list _output_buffers
    cdef vector[TensorBufferT*] _input_handles
    cdef vector[TensorBufferT*] _output_handles
    cdef LiteRtInvoke _invoke

    def __cinit__(
        self,
        str library,
        str path,
        int threads=1,
        str kernels="delegate",
        bint profile=False,
        bint stand_in=True,
    ):
        _load_litert(library)
        model = _Model(_Environment(), path)
        self._compiled = _CompiledModel(model, _Options(threads, kernels, profile))
        if profile:
            self._recording = _litert_recording(library, self._compiled, stand_in)
        self.inputs = self._fixed_inputs(model)
        self.outputs = self._fixed_outputs(model)
        self._allocate()
        self._open = True

    cdef tuple _fixed_inputs(self, _Model model):
        fixed = []
        for index, (name, element_type, shape) in enumerate(model.tensors(True)):
            concrete = tuple(max(extent, 1) for extent in shape)
            if concrete != shape:
                self._compiled.resize_input(index, concrete)
            fixed.append((name, element_type, concrete))
        return tuple(fixed)

    cdef tuple _fixed_outputs(self, _Model model):
        declared = model.tensors(False)
        shapes = self._compiled.output_shapes(len(declared))
        return tuple((name, kind, shape) for (name, kind, _), shape in zip(declared, shapes))

    cdef int _allocate(self) except -1:
        cdef _TensorBuffer buffer
        self._input_buffers, self._output_buffers = [], []
        for index, (_, element_type, shape) in enumerate(self.inputs):
            buffer = self._compiled.buffer(True, index, element_type, shape)
            self._input_buffers.append(buffer)
            self._input_handles.push_back(buffer.handle)
        for index, (_, element_type, shape) in enumerate(self.outputs):
            buffer = self._compiled.buffer(False, index, element_type, shape)
            self._output_buffers.append(buffer)
            self._output_handles.push_back(buffer.handle)
        self._invoke.run = _litert.RunCompiledModel
        self._invoke.model = self._compiled.handle
        self._invoke.input_count = self._input_handles.size()
        self._invoke.inputs = self._input_handles.data()
        self._invoke.output_count = self._output_handles.size()
        self._invoke.outputs = self._output_handles.data()
        return 0

    @property
    def fully_delegated(self):
        """Whether XNNPACK runs every operation."""
        self._check_open()
        return self._compiled.is_fully_accelerated()

    def write_input(self, int index, const unsigned char[::1] data not None):
        """Set an input from raw bytes in the tensor's element type."""
        self._check_open()
        (<_TensorBuffer?>self._input_buffers[index]).write(data)

    def read_output(self, int index):
        """An output's raw bytes."""
        self._check_open()
        return (<_TensorBuffer?>self._output_buffers[index]).read()

    def close(self):
        Engine.close(self)
        self._input_buffers = self._output_buffers = self._compiled = None

    cdef int _loop(self, int64_t samples, int64_t group, int64_t* start_ns, int64_t* duration_ns) noexcept nogil:
        return timed_loop(self._invoke, samples, group, start_ns, duration_ns)

    cdef int _varied_loop(
        self, int64_t samples, int64_t group, int64_t period_ns, int64_t extra_chain,
        int64_t* start_ns, int64_t* duration_ns
    ) noexcept nogil:
        return varied_loop(self._invoke, samples, group, period_ns, extra_chain, start_ns, duration_ns)

    cdef object _failed(self, str action, int status):
        return _litert_failure(action, status)
