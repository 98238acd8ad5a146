// tflite::Interpreter::Invoke of the tflite-runtime wheel, whose extension exports C++ symbols.
#pragma once

#include <dlfcn.h>

namespace pibench::tflite {

using Status = int;  // TfLiteStatus, 0 is success

struct Invoke {
  Status (*invoke)(void* interpreter);  // a member function: `this` is the first argument
  void* interpreter;

  Status operator()() const { return invoke(interpreter); }
};

// Finds Invoke in an extension that is already loaded. Returns nullptr, or the reason it is not there.
inline const char* find_invoke(const char* path, Invoke* invoke) {
  void* library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return "it is not loaded";
  void* symbol = dlsym(library, "_ZN6tflite4impl11Interpreter6InvokeEv");
  if (symbol == nullptr) return "it exports no tflite::Interpreter::Invoke";
  invoke->invoke = reinterpret_cast<Status (*)(void*)>(symbol);
  return nullptr;
}

}  // namespace pibench::tflite
