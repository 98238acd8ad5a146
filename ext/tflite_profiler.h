// A tflite::Profiler of ours for the interpreter of the tflite-runtime wheel.
#pragma once

#include <dlfcn.h>

#include <cstdint>
#include <cstring>
#include <typeinfo>

#include "event_log.h"

namespace pibench::tflite {

// The ABI of tflite::Profiler in TensorFlow 2.14 (tensorflow/lite/core/api/profiler.h): its virtual
// functions in their order, which is what a vtable is made of.
class Profiler {
 public:
  enum class EventType : int {};

  virtual ~Profiler() = default;
  virtual uint32_t BeginEvent(const char* tag, EventType type, int64_t metadata1, int64_t metadata2) = 0;
  virtual void EndEvent(uint32_t handle, int64_t metadata1, int64_t metadata2) = 0;
  virtual void EndEvent(uint32_t handle) = 0;
  virtual void AddEvent(const char* tag, EventType type, uint64_t metric, int64_t metadata1, int64_t metadata2) = 0;
  virtual void AddEventWithData(const char* tag, EventType type, const void* data) = 0;
};

// Writes to a log. An operator's metadata are its node and its subgraph. XNNPACK adds its own
// operators after each inference, timed by itself in whole microseconds; telemetry carries no times.
class Recorder : public Profiler {
 public:
  EventLog log;

  uint32_t BeginEvent(const char* tag, EventType type, int64_t metadata1, int64_t metadata2) override {
    return log.begin(tag, static_cast<int32_t>(type), metadata1, metadata2);
  }
  void EndEvent(uint32_t handle, int64_t, int64_t) override { log.end(handle); }
  void EndEvent(uint32_t handle) override { log.end(handle); }
  void AddEvent(const char* tag, EventType type, uint64_t metric, int64_t metadata1, int64_t metadata2) override {
    log.add(tag, static_cast<int32_t>(type), metadata1, metadata2, static_cast<int64_t>(metric) * 1000);
  }
  void AddEventWithData(const char*, EventType, const void*) override {}
};

// A pointer to Recorder is one to its only base.
using SetProfiler = void (*)(void* interpreter, Recorder* profiler);

// Finds Interpreter::SetProfiler(Profiler*), after which the caller still owns the profiler, in an
// extension that is already loaded; nullptr when it is not there.
inline SetProfiler find_set_profiler(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return nullptr;
  void* symbol = dlsym(library, "_ZN6tflite4impl11Interpreter11SetProfilerEPNS_8ProfilerE");
  return reinterpret_cast<SetProfiler>(symbol);
}

// Stands in for another tflite::Profiler while a run lasts: that object's virtual functions become
// ours, which know the log by `current`, since `this` is the other object. A run is on one thread: what
// another one tells meanwhile is left out.
class StandIn final : public Profiler {
 public:
  static inline thread_local Recorder* current = nullptr;

  uint32_t BeginEvent(const char* tag, EventType type, int64_t metadata1, int64_t metadata2) override {
    return current == nullptr ? EventLog::kDropped : current->BeginEvent(tag, type, metadata1, metadata2);
  }
  void EndEvent(uint32_t handle, int64_t, int64_t) override { EndEvent(handle); }
  void EndEvent(uint32_t handle) override {
    if (current != nullptr) current->log.end(handle);
  }
  void AddEvent(const char* tag, EventType type, uint64_t metric, int64_t metadata1, int64_t metadata2) override {
    if (current != nullptr) current->AddEvent(tag, type, metric, metadata1, metadata2);
  }
  void AddEventWithData(const char*, EventType, const void*) override {}
};

// The C++ class of an object with virtual functions, as its library was built; "" where that left type names out.
inline const char* class_of(const void* object) {
  const auto* type = static_cast<const std::type_info* const*>(*static_cast<void* const*>(object))[-1];
  return type == nullptr ? "" : type->name();
}

inline void use_log_of(Recorder* recorder) { StandIn::current = recorder; }

// Gives an object the virtual functions of another. Returns those it had.
inline void* exchange_functions(void* object, void* functions) {
  void* const before = *static_cast<void**>(object);
  *static_cast<void**>(object) = functions;
  return before;
}

inline void* stand_in_functions() {
  static StandIn stand_in;
  return *reinterpret_cast<void**>(&stand_in);
}

}  // namespace pibench::tflite
