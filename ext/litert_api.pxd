from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool

ctypedef int Status


cdef extern from "litert_api.h" namespace "pibench::litert" nogil:
    cdef cppclass EnvironmentT:
        pass
    cdef cppclass ModelT:
        pass
    cdef cppclass OptionsT:
        pass
    cdef cppclass OpaqueOptionsT:
        pass
    cdef cppclass CompiledModelT:
        pass
    cdef cppclass TensorBufferT:
        pass
    cdef cppclass RequirementsT:
        pass
    cdef cppclass SignatureT:
        pass
    cdef cppclass TensorT:
        pass
    cdef cppclass ProfilerT:
        pass

    cdef enum AnyType:
        kAnyInt
    cdef struct Any:
        AnyType type
        int64_t int_value
    cdef enum EnvironmentTag:
        kAutoRegisterAccelerators
        kMinLoggerSeverity
    cdef struct EnvironmentOption:
        EnvironmentTag tag
        Any value
    cdef struct Layout:
        unsigned int rank
        unsigned int has_strides
        int32_t* dimensions
    cdef struct TensorType:
        int element_type
        Layout layout
    cdef enum Accelerator:
        kCpu
    cdef enum LockMode:
        kRead
        kWrite
    int kMaxRank

    cdef cppclass Api:
        Status CreateEnvironment(int, const EnvironmentOption*, EnvironmentT**)
        void DestroyEnvironment(EnvironmentT*)
        Status CreateModelFromFile(EnvironmentT*, const char*, ModelT**)
        void DestroyModel(ModelT*)
        Status GetModelSignature(ModelT*, size_t, SignatureT**)
        Status GetNumSignatureInputs(SignatureT*, size_t*)
        Status GetNumSignatureOutputs(SignatureT*, size_t*)
        Status GetSignatureInputTensorByIndex(SignatureT*, size_t, TensorT**)
        Status GetSignatureOutputTensorByIndex(SignatureT*, size_t, TensorT**)
        Status GetTensorName(TensorT*, const char**)
        Status GetRankedTensorType(TensorT*, TensorType*)
        Status CreateOptions(OptionsT**)
        void DestroyOptions(OptionsT*)
        Status SetOptionsHardwareAccelerators(OptionsT*, int)
        Status AddOpaqueOptions(OptionsT*, OpaqueOptionsT*)
        Status CreateOpaqueOptions(const char*, void*, void (*)(void*) noexcept nogil, OpaqueOptionsT**)
        Status CreateCompiledModel(EnvironmentT*, ModelT*, OptionsT*, CompiledModelT**)
        void DestroyCompiledModel(CompiledModelT*)
        Status CompiledModelIsFullyAccelerated(CompiledModelT*, cbool*)
        Status CompiledModelResizeInputTensorNonStrict(CompiledModelT*, size_t, size_t, const int*, size_t)
        Status GetCompiledModelOutputTensorLayouts(CompiledModelT*, size_t, size_t, Layout*, cbool)
        Status GetCompiledModelInputBufferRequirements(CompiledModelT*, size_t, size_t, RequirementsT**)
        Status GetCompiledModelOutputBufferRequirements(CompiledModelT*, size_t, size_t, RequirementsT**)
        Status CreateManagedTensorBufferFromRequirements(
            EnvironmentT*, const TensorType*, RequirementsT*, TensorBufferT**)
        void DestroyTensorBuffer(TensorBufferT*)
        Status GetTensorBufferPackedSize(TensorBufferT*, size_t*)
        Status LockTensorBuffer(TensorBufferT*, void**, LockMode)
        Status UnlockTensorBuffer(TensorBufferT*)
        Status (*RunCompiledModel)(CompiledModelT*, size_t, size_t, TensorBufferT**, size_t, TensorBufferT**)

    const char* load_api(const char* path, Api* api)

    cdef struct ProfiledEvent:
        const char* tag
        int type
        uint64_t elapsed_us
        uint64_t node
        uint64_t subgraph
    cdef cppclass ProfilerApi:
        Status CompiledModelGetProfiler(CompiledModelT*, ProfilerT**)
        Status StartProfiler(ProfilerT*)
        Status StopProfiler(ProfilerT*)
        Status GetNumProfilerEvents(ProfilerT*, int*)
        Status GetProfilerEvents(ProfilerT*, int, ProfiledEvent*)

    const char* load_profiler_api(const char* path, ProfilerApi* api)

    cdef cppclass Invoke:
        Status (*run)(CompiledModelT*, size_t, size_t, TensorBufferT**, size_t, TensorBufferT**)
        CompiledModelT* model
        size_t input_count
        TensorBufferT** inputs
        size_t output_count
        TensorBufferT** outputs
