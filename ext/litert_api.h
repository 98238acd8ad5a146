// The part of LiteRT's C API that pibench uses, resolved from libLiteRt.so at run time.
//
// The wheel of ai-edge-litert ships the library without headers. The types below restate the
// ABI of LiteRT 2.3 (litert/c/*.h); sizes are asserted as LiteRT's own headers assert them.
#pragma once

#include <dlfcn.h>

#include <cstddef>
#include <cstdint>

namespace pibench::litert {

using Status = int;  // 0 is success
struct EnvironmentT;
struct ModelT;
struct OptionsT;
struct OpaqueOptionsT;
struct CompiledModelT;
struct TensorBufferT;
struct RequirementsT;
struct SignatureT;
struct TensorT;
struct ProfilerT;

enum AnyType : int { kAnyInt = 2 };
struct Any {
  AnyType type;
  union {
    int64_t int_value;
    const void* pointer_value;
  };
};

enum EnvironmentTag : int { kAutoRegisterAccelerators = 24, kMinLoggerSeverity = 25 };
struct EnvironmentOption {
  EnvironmentTag tag;
  Any value;
};

constexpr int kMaxRank = 8;
struct Layout {
  unsigned int rank : 7;
  unsigned int has_strides : 1;
  int32_t dimensions[kMaxRank];
  uint32_t strides[kMaxRank];
};
struct TensorType {
  int element_type;  // numbered as TfLiteType
  Layout layout;
};
static_assert(sizeof(Layout) == 68, "LiteRtLayout");
static_assert(sizeof(TensorType) == 72, "LiteRtRankedTensorType");
#if __SIZEOF_POINTER__ == 8
static_assert(sizeof(EnvironmentOption) == 24, "LiteRtEnvOption");
#endif

enum Accelerator : int { kCpu = 1 };
enum LockMode : int { kRead = 0, kWrite = 1 };

// name, result, parameters
#define PIBENCH_LITERT_FUNCTIONS(X)                                                                   \
  X(CreateEnvironment, Status, (int, const EnvironmentOption*, EnvironmentT**))                       \
  X(DestroyEnvironment, void, (EnvironmentT*))                                                        \
  X(CreateModelFromFile, Status, (EnvironmentT*, const char*, ModelT**))                              \
  X(DestroyModel, void, (ModelT*))                                                                    \
  X(GetModelSignature, Status, (ModelT*, size_t, SignatureT**))                                       \
  X(GetNumSignatureInputs, Status, (SignatureT*, size_t*))                                            \
  X(GetNumSignatureOutputs, Status, (SignatureT*, size_t*))                                           \
  X(GetSignatureInputTensorByIndex, Status, (SignatureT*, size_t, TensorT**))                         \
  X(GetSignatureOutputTensorByIndex, Status, (SignatureT*, size_t, TensorT**))                        \
  X(GetTensorName, Status, (TensorT*, const char**))                                                  \
  X(GetRankedTensorType, Status, (TensorT*, TensorType*))                                             \
  X(CreateOptions, Status, (OptionsT**))                                                              \
  X(DestroyOptions, void, (OptionsT*))                                                                \
  X(SetOptionsHardwareAccelerators, Status, (OptionsT*, int))                                         \
  X(AddOpaqueOptions, Status, (OptionsT*, OpaqueOptionsT*))                                           \
  X(CreateOpaqueOptions, Status, (const char*, void*, void (*)(void*), OpaqueOptionsT**))             \
  X(CreateCompiledModel, Status, (EnvironmentT*, ModelT*, OptionsT*, CompiledModelT**))               \
  X(DestroyCompiledModel, void, (CompiledModelT*))                                                    \
  X(CompiledModelIsFullyAccelerated, Status, (CompiledModelT*, bool*))                                \
  X(CompiledModelResizeInputTensorNonStrict, Status,                                                  \
    (CompiledModelT*, size_t, size_t, const int*, size_t))                                            \
  X(GetCompiledModelOutputTensorLayouts, Status, (CompiledModelT*, size_t, size_t, Layout*, bool))    \
  X(GetCompiledModelInputBufferRequirements, Status, (CompiledModelT*, size_t, size_t, RequirementsT**)) \
  X(GetCompiledModelOutputBufferRequirements, Status, (CompiledModelT*, size_t, size_t, RequirementsT**)) \
  X(CreateManagedTensorBufferFromRequirements, Status,                                                \
    (EnvironmentT*, const TensorType*, RequirementsT*, TensorBufferT**))                              \
  X(DestroyTensorBuffer, void, (TensorBufferT*))                                                      \
  X(GetTensorBufferPackedSize, Status, (TensorBufferT*, size_t*))                                     \
  X(LockTensorBuffer, Status, (TensorBufferT*, void**, LockMode))                                     \
  X(UnlockTensorBuffer, Status, (TensorBufferT*))                                                     \
  X(RunCompiledModel, Status,                                                                         \
    (CompiledModelT*, size_t, size_t, TensorBufferT**, size_t, TensorBufferT**))

// What one event of the runtime's profiler tells; times are in whole microseconds.
struct MemoryUsage {
  size_t total_allocated_bytes;
  size_t in_use_allocated_bytes;
  size_t private_footprint_bytes;
};
struct ProfiledEvent {
  const char* tag;
  int type;
  uint64_t start_us;
  uint64_t elapsed_us;
  MemoryUsage memory_before;
  MemoryUsage memory_after;
  uint64_t node;
  uint64_t subgraph;
  int source;
};
#if __SIZEOF_POINTER__ == 8
static_assert(sizeof(ProfiledEvent) == 104, "ProfiledEventData");
#endif

// A LiteRT that lacks one of these runs models all the same.
#define PIBENCH_LITERT_PROFILER_FUNCTIONS(X)                            \
  X(CompiledModelGetProfiler, Status, (CompiledModelT*, ProfilerT**))   \
  X(StartProfiler, Status, (ProfilerT*))                                \
  X(StopProfiler, Status, (ProfilerT*))                                 \
  X(GetNumProfilerEvents, Status, (ProfilerT*, int*))                   \
  X(GetProfilerEvents, Status, (ProfilerT*, int, ProfiledEvent*))

struct Api {
#define X(name, result, parameters) result(*name) parameters;
  PIBENCH_LITERT_FUNCTIONS(X)
#undef X
};

struct ProfilerApi {
#define X(name, result, parameters) result(*name) parameters;
  PIBENCH_LITERT_PROFILER_FUNCTIONS(X)
#undef X
};

// Resolves every function. Returns nullptr, or what is missing (dlerror's text or a symbol's name).
inline const char* load_api(const char* path, Api* api) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return dlerror();
#define X(name, result, parameters)                                              \
  api->name = reinterpret_cast<result(*) parameters>(dlsym(library, "LiteRt" #name)); \
  if (api->name == nullptr) return "LiteRt" #name;
  PIBENCH_LITERT_FUNCTIONS(X)
  return nullptr;
}

inline const char* load_profiler_api(const char* path, ProfilerApi* api) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return dlerror();
  PIBENCH_LITERT_PROFILER_FUNCTIONS(X)
#undef X
  return nullptr;
}

struct Invoke {
  decltype(Api::RunCompiledModel) run;
  CompiledModelT* model;
  size_t input_count;
  TensorBufferT** inputs;
  size_t output_count;
  TensorBufferT** outputs;

  Status operator()() const { return run(model, 0, input_count, inputs, output_count, outputs); }
};

}  // namespace pibench::litert
