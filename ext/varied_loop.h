// Runs other than the ordinary one: at a fixed rate, or with every invocation made longer.
#pragma once

#include <cstdint>

#include "reference.h"
#include "timed_loop.h"

namespace pibench {

// An invocation and then a chain of fixed length, as if the model were that much slower.
template <class Invoke>
struct Slowed {
  const Invoke& invoke;
  DependentChain chain;

  int operator()() const {
    const int status = invoke();
    return __builtin_expect(status != 0, 0) ? status : chain();
  }
};

template <class Invoke>
inline int perhaps_paced_loop(const Invoke& invoke, int64_t samples, int64_t group, int64_t period_ns,
                              int64_t* start_ns, int64_t* duration_ns) {
  if (period_ns > 0) return paced_loop(invoke, samples, group, period_ns, start_ns, duration_ns);
  return timed_loop(invoke, samples, group, start_ns, duration_ns);
}

// Each variation is an instantiation of its own, so that the ordinary loop has no branch for it.
template <class Invoke>
inline int varied_loop(const Invoke& invoke, int64_t samples, int64_t group, int64_t period_ns, int64_t extra_chain,
                       int64_t* start_ns, int64_t* duration_ns) {
  if (extra_chain > 0) {
    const Slowed<Invoke> slowed{invoke, DependentChain{extra_chain}};
    return perhaps_paced_loop(slowed, samples, group, period_ns, start_ns, duration_ns);
  }
  return perhaps_paced_loop(invoke, samples, group, period_ns, start_ns, duration_ns);
}

}  // namespace pibench
