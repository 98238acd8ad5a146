// The measurement itself: stamp, invoke, stamp; nothing else happens in between.
#pragma once

#include <cerrno>
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

// Waits until a moment on CLOCK_MONOTONIC, or not at all when it has passed.
inline void wait_until(int64_t moment_ns) {
  if (now_ns() >= moment_ns) return;
  timespec moment;
  moment.tv_sec = static_cast<time_t>(moment_ns / 1000000000);
  moment.tv_nsec = static_cast<long>(moment_ns % 1000000000);
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nullptr) == EINTR) {
  }
}

// The same samples at a fixed rate: sample i begins i periods after the first, or at once when the
// one before it ended later than that. Counted from the first begin, so that lateness does not add up.
template <class Invoke>
inline int paced_loop(const Invoke& invoke, int64_t samples, int64_t group, int64_t period_ns, int64_t* start_ns,
                      int64_t* duration_ns) {
  for (int64_t i = 0; i < samples; ++i) {
    if (i > 0) wait_until(start_ns[0] + i * period_ns);
    const int status = timed_loop(invoke, 1, group, start_ns + i, duration_ns + i);
    if (__builtin_expect(status != 0, 0)) return status;
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
