// How fast memory answers: a = b + s*c over float32 arrays (the triad of STREAM, McCalpin 1995).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "roofline_arithmetic.h"

namespace pibench {

struct Triad {
  const char* instructions;
  void (*run)(float* a, const float* b, const float* c, float s, int64_t length);
};

constexpr int64_t kWidestLanes = 16;

// Ordinary stores, as a network's own: a processor that fetches a line before it writes it moves a third
// more than the 12 bytes per element that are counted.
#define PIBENCH_TRIAD(name, for_target, Vector)                                                     \
  for_target inline void name(float* a, const float* b, const float* c, float s, int64_t length) {  \
    auto* to = reinterpret_cast<Vector*>(a);                                                        \
    const auto* x = reinterpret_cast<const Vector*>(b);                                             \
    const auto* y = reinterpret_cast<const Vector*>(c);                                             \
    const int64_t vectors = length * int64_t{sizeof(float)} / int64_t{sizeof(Vector)};              \
    for (int64_t i = 0; i < vectors; ++i) to[i] = x[i] + s * y[i];                                  \
  }

#if defined(__x86_64__)
PIBENCH_TRIAD(triad_avx512, PIBENCH_FOR("avx512f"), Float512)
PIBENCH_TRIAD(triad_avx, PIBENCH_FOR("avx2,fma"), Float256)
#endif
#if defined(__arm__) && defined(PIBENCH_FOR_NEON)
PIBENCH_TRIAD(triad_neon, PIBENCH_FOR_NEON, Float128)
#endif
// SSE2, AArch64's NEON, or whatever the compiler makes of it.
PIBENCH_TRIAD(triad_128, , Float128)

inline std::vector<Triad> triads() {
  std::vector<Triad> found;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) found.push_back({"AVX-512", triad_avx512});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back({"AVX2", triad_avx});
  found.push_back({"SSE2", triad_128});
#elif defined(__aarch64__)
  found.push_back({"NEON", triad_128});
#else
#if defined(__arm__) && defined(PIBENCH_FOR_NEON)
  if (has_neon()) found.push_back({"NEON", triad_neon});
#endif
  found.push_back({"scalar", triad_128});
#endif
  return found;
}

// One thread's three arrays. With c and s at one, and a and b changing places, each element counts the passes.
class Arrays {
 public:
  // 0 or ENOMEM. To be called by the thread that will use them: memory is given where it is first touched.
  int allocate(int64_t length) {
    length_ = length;
    // Apart by an odd part of a page: at equal offsets in it, loads would seem to depend on the store before.
    const int64_t stride = length + 16 * 17;
    const int status = posix_memalign(&memory_, 4096, static_cast<size_t>(3 * stride) * sizeof(float));
    if (status) return status;
    a_ = static_cast<float*>(memory_);
    b_ = a_ + stride;
    c_ = b_ + stride;
    for (int64_t i = 0; i < length_; ++i) a_[i] = b_[i] = 0, c_[i] = 1;
    return 0;
  }
  Arrays() = default;
  Arrays(const Arrays&) = delete;
  ~Arrays() { std::free(memory_); }

  void pass(const Triad& triad) {
    triad.run(a_, b_, c_, 1.0f, length_);
    std::swap(a_, b_);
  }

  int64_t counted() const {
    int64_t sum = 0;
    for (int64_t i = 0; i < length_; ++i) sum += static_cast<int64_t>(b_[i]);
    return sum;
  }

 private:
  void* memory_ = nullptr;
  float *a_ = nullptr, *b_ = nullptr, *c_ = nullptr;
  int64_t length_ = 0;
};

}  // namespace pibench
