// The measurement itself: stamp, invoke, stamp; nothing else happens in between.
#pragma once

#include <cstdint>
#include <ctime>

namespace pibench {

// CLOCK_MONOTONIC: one user-space read on x86-64 and Arm (vDSO), and the time line that Python's
// time.monotonic_ns() and the device traces share.
inline int64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

// Fills start_ns[i] and duration_ns[i] for each sample; one sample is `group` invocations back
// to back between two clock reads. Inlined per engine, so that an invocation costs one indirect
// call. Returns the first status that is not 0, with the samples before it filled.
template <class Invoke>
inline int timed_loop(const Invoke& invoke, int64_t samples, int64_t group, int64_t* start_ns, int64_t* duration_ns) {
  for (int64_t i = 0; i < samples; ++i) {
    const int64_t begin = now_ns();
    for (int64_t k = 0; k < group; ++k) {
      const int status = invoke();
      if (__builtin_expect(status != 0, 0)) return status;
    }
    duration_ns[i] = now_ns() - begin;
    start_ns[i] = begin;
  }
  return 0;
}

// The loop with nothing in it: what a start/stop pair costs.
struct Nothing {
  int operator()() const {
    asm volatile("" ::: "memory");
    return 0;
  }
};

// The smallest step the clock takes, seen over many reads: what clock_getres() promises (1 ns)
// is not what a board's counter delivers (52 ns on a Pi 3).
inline int64_t smallest_clock_step_ns(int64_t reads) {
  int64_t smallest = INT64_MAX;
  int64_t last = now_ns();
  for (int64_t i = 0; i < reads; ++i) {
    const int64_t now = now_ns();
    if (now > last && now - last < smallest) smallest = now - last;
    last = now;
  }
  return smallest;
}

}  // namespace pibench
