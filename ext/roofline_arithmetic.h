// How many multiply-adds a core can do: for each set of instructions a loop of nothing else.
//
// The instructions are written out, so that what is counted is what runs. Every lane adds one times
// one again and again, and so counts its own multiply-adds, exactly below 2^24: the sum of all
// lanes tells that none was left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) || defined(__arm__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace pibench {

constexpr int64_t kMostRepetitions = 1 << 22;  // a dot product of four still counts below 2^24

struct Arithmetic {
  const char* instructions;
  int64_t per_repetition;  // multiply-adds, as the table below claims them
  int64_t (*count)(int64_t repetitions);
};

template <class Lane>
int64_t total(const void* vectors, size_t bytes) {
  std::vector<Lane> lanes(bytes / sizeof(Lane));
  std::memcpy(lanes.data(), vectors, lanes.size() * sizeof(Lane));
  int64_t sum = 0;
  for (const Lane lane : lanes) sum += static_cast<int64_t>(lane);
  return sum;
}

#define PIBENCH_VECTOR(name, lane, bytes) typedef lane name __attribute__((vector_size(bytes), __may_alias__))
PIBENCH_VECTOR(Float128, float, 16);
PIBENCH_VECTOR(Float256, float, 32);
PIBENCH_VECTOR(Float512, float, 64);
PIBENCH_VECTOR(Int128, int32_t, 16);
PIBENCH_VECTOR(Int256, int32_t, 32);
PIBENCH_VECTOR(Int512, int32_t, 64);

// Twelve accumulators: a multiply-add takes up to five cycles, and a core may begin two in each.
// `used` of them count; the others are free for what a step needs in between. `one` is what is
// multiplied, by itself; `held` the kind of register it all lives in.
#define PIBENCH_ARITHMETIC(name, for_target, Vector, Lane, held, one_of, used, steps)                              \
  for_target inline int64_t name(int64_t repetitions) {                                                            \
    const Vector one = Vector{} + one_of;                                                                          \
    Vector a0{}, a1{}, a2{}, a3{}, a4{}, a5{}, a6{}, a7{}, a8{}, a9{}, a10{}, a11{};                               \
    for (int64_t i = 0; i < repetitions; ++i) {                                                                    \
      asm(steps                                                                                                    \
          : "+" held(a0), "+" held(a1), "+" held(a2), "+" held(a3), "+" held(a4), "+" held(a5), "+" held(a6),      \
            "+" held(a7), "+" held(a8), "+" held(a9), "+" held(a10), "+" held(a11)                                 \
          : [one] held(one));                                                                                      \
    }                                                                                                              \
    const Vector all[] = {a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11};                                       \
    return total<Lane>(all, used * sizeof(Vector));                                                                \
  }
#define PIBENCH_EIGHT(step) step(0) step(1) step(2) step(3) step(4) step(5) step(6) step(7)
#define PIBENCH_ELEVEN(step) PIBENCH_EIGHT(step) step(8) step(9) step(10)
#define PIBENCH_TWELVE(step) PIBENCH_ELEVEN(step) step(11)

// Ones of narrower lanes, as they lie in lanes of 32 bits.
#define PIBENCH_ONES_OF_8_BITS 0x01010101
#define PIBENCH_ONES_OF_16_BITS 0x00010001

#if defined(__x86_64__)

#define PIBENCH_FMA(k) "vfmadd231ps %[one], %[one], %" #k "\n\t"
#define PIBENCH_MUL_ADD(k) "mulps %[one], %" #k "\n\taddps %[one], %" #k "\n\t"
#define PIBENCH_DOT(k) "vpdpbusd %[one], %[one], %" #k "\n\t"
#define PIBENCH_DOT_VEX(k) "%{vex%} vpdpbusd %[one], %[one], %" #k "\n\t"
#define PIBENCH_MADD_AVX(k) "vpmaddwd %[one], %[one], %11\n\tvpaddd %11, %" #k ", %" #k "\n\t"
#define PIBENCH_MADD_SSE(k) "movdqa %[one], %11\n\tpmaddwd %[one], %11\n\tpaddd %11, %" #k "\n\t"
#define PIBENCH_FOR(features) __attribute__((target(features)))

PIBENCH_ARITHMETIC(float32_avx512, PIBENCH_FOR("avx512f"), Float512, float, "v", 1.0f, 12, PIBENCH_TWELVE(PIBENCH_FMA))
PIBENCH_ARITHMETIC(float32_fma, PIBENCH_FOR("avx2,fma"), Float256, float, "x", 1.0f, 12, PIBENCH_TWELVE(PIBENCH_FMA))
PIBENCH_ARITHMETIC(float32_sse2, , Float128, float, "x", 1.0f, 12, PIBENCH_TWELVE(PIBENCH_MUL_ADD))
PIBENCH_ARITHMETIC(int8_avx512_vnni, PIBENCH_FOR("avx512f,avx512vnni"), Int512, int32_t, "v", PIBENCH_ONES_OF_8_BITS, 12,
                   PIBENCH_TWELVE(PIBENCH_DOT))
PIBENCH_ARITHMETIC(int8_avx_vnni, PIBENCH_FOR("avx2"), Int256, int32_t, "x", PIBENCH_ONES_OF_8_BITS, 12,
                   PIBENCH_TWELVE(PIBENCH_DOT_VEX))
PIBENCH_ARITHMETIC(int8_avx512, PIBENCH_FOR("avx512f,avx512bw"), Int512, int32_t, "v", PIBENCH_ONES_OF_16_BITS, 11,
                   PIBENCH_ELEVEN(PIBENCH_MADD_AVX))
PIBENCH_ARITHMETIC(int8_avx2, PIBENCH_FOR("avx2"), Int256, int32_t, "x", PIBENCH_ONES_OF_16_BITS, 11,
                   PIBENCH_ELEVEN(PIBENCH_MADD_AVX))
PIBENCH_ARITHMETIC(int8_sse2, , Int128, int32_t, "x", PIBENCH_ONES_OF_16_BITS, 11, PIBENCH_ELEVEN(PIBENCH_MADD_SSE))

// Not every compiler's __builtin_cpu_supports knows the word.
inline bool has_avx_vnni() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}

#elif defined(__aarch64__)

#define PIBENCH_FMA(k) "fmla %" #k ".4s, %[one].4s, %[one].4s\n\t"
#define PIBENCH_DOT(k) "sdot %" #k ".4s, %[one].16b, %[one].16b\n\t"
// Four at a time: a core that runs in order would wait for each.
#define PIBENCH_WIDEN(k) "smull %" #k ".8h, %[one].8b, %[one].8b\n\t"
#define PIBENCH_WIDEN_ADD(k) "smlal2 %" #k ".8h, %[one].16b, %[one].16b\n\t"
#define PIBENCH_FOLD(k, from) "sadalp %" #k ".4s, %" #from ".8h\n\t"
#ifdef __clang__
#define PIBENCH_FOR_DOT __attribute__((target("dotprod")))
#else
#define PIBENCH_FOR_DOT __attribute__((target("arch=armv8.2-a+dotprod")))
#endif
#define PIBENCH_FOR_NEON

#elif defined(__arm__) && (defined(__ARM_NEON) || !defined(__clang__)) && defined(__ARM_FP)

#define PIBENCH_FMA(k) "vmla.f32 %q" #k ", %q[one], %q[one]\n\t"
#define PIBENCH_WIDEN(k) "vmull.s8 %q" #k ", %e[one], %e[one]\n\t"
#define PIBENCH_WIDEN_ADD(k) "vmlal.s8 %q" #k ", %f[one], %f[one]\n\t"
#define PIBENCH_FOLD(k, from) "vpadal.s16 %q" #k ", %q" #from "\n\t"
#ifdef __clang__
#define PIBENCH_FOR_NEON
#else
#define PIBENCH_FOR_NEON __attribute__((target("fpu=neon")))
#endif

#endif

#if defined(PIBENCH_FOR_NEON)
#define PIBENCH_FOUR_SCRATCH(step) step(8) step(9) step(10) step(11)
#define PIBENCH_FOLD_FOUR(a, b, c, d) PIBENCH_FOLD(a, 8) PIBENCH_FOLD(b, 9) PIBENCH_FOLD(c, 10) PIBENCH_FOLD(d, 11)
#define PIBENCH_WIDEN_FOUR PIBENCH_FOUR_SCRATCH(PIBENCH_WIDEN) PIBENCH_FOUR_SCRATCH(PIBENCH_WIDEN_ADD)

PIBENCH_ARITHMETIC(float32_neon, PIBENCH_FOR_NEON, Float128, float, "w", 1.0f, 12, PIBENCH_TWELVE(PIBENCH_FMA))
PIBENCH_ARITHMETIC(int8_neon, PIBENCH_FOR_NEON, Int128, int32_t, "w", PIBENCH_ONES_OF_8_BITS, 8,
                   PIBENCH_WIDEN_FOUR PIBENCH_FOLD_FOUR(0, 1, 2, 3) PIBENCH_WIDEN_FOUR PIBENCH_FOLD_FOUR(4, 5, 6, 7))
#endif
#if defined(PIBENCH_FOR_DOT)
PIBENCH_ARITHMETIC(int8_dot, PIBENCH_FOR_DOT, Int128, int32_t, "w", PIBENCH_ONES_OF_8_BITS, 12,
                   PIBENCH_TWELVE(PIBENCH_DOT))
#endif

// What any processor can do, one number at a time; on an old Arm without NEON this is its VFP.
#if defined(__x86_64__)
#define PIBENCH_HOLDS_FLOAT "x"
#elif defined(__aarch64__)
#define PIBENCH_HOLDS_FLOAT "w"
#elif defined(__arm__) && defined(__ARM_FP)
#define PIBENCH_HOLDS_FLOAT "t"
#else
#define PIBENCH_HOLDS_FLOAT "m"
#endif
// Opaque to the optimiser, which could otherwise add up in one step.
inline void hide(float& value) { asm("" : "+" PIBENCH_HOLDS_FLOAT(value)); }
inline void hide(int32_t& value) { asm("" : "+r"(value)); }

template <class Lane>
int64_t scalar(int64_t repetitions) {
  Lane one = 1;
  hide(one);
  Lane a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0;
  for (int64_t i = 0; i < repetitions; ++i) {
    hide(a0 = a0 * one + one), hide(a1 = a1 * one + one), hide(a2 = a2 * one + one), hide(a3 = a3 * one + one);
    hide(a4 = a4 * one + one), hide(a5 = a5 * one + one), hide(a6 = a6 * one + one), hide(a7 = a7 * one + one);
  }
  const Lane all[] = {a0, a1, a2, a3, a4, a5, a6, a7};
  return total<Lane>(all, sizeof(all));
}

#if defined(__arm__) && defined(PIBENCH_FOR_NEON)
inline bool has_neon() { return getauxval(AT_HWCAP) & HWCAP_NEON; }
#elif defined(__aarch64__)
inline bool has_neon() { return true; }
#endif

// What this processor can run, the best first.
inline std::vector<Arithmetic> float32_arithmetic() {
  std::vector<Arithmetic> found;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) found.push_back({"AVX-512 vfmadd231ps", 12 * 16, float32_avx512});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    found.push_back({"AVX2 vfmadd231ps", 12 * 8, float32_fma});
  found.push_back({"SSE2 mulps+addps", 12 * 4, float32_sse2});
#elif defined(PIBENCH_FOR_NEON)
  if (has_neon()) found.push_back({sizeof(void*) == 8 ? "NEON fmla" : "NEON vmla.f32", 12 * 4, float32_neon});
#endif
  found.push_back({"scalar", 8, scalar<float>});
  return found;
}

// Without a dot product: the widening that XNNPACK's kernels use there, of values that on x86-64 are wide already.
inline std::vector<Arithmetic> int8_arithmetic() {
  std::vector<Arithmetic> found;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vnni")) found.push_back({"AVX512-VNNI vpdpbusd", 12 * 64, int8_avx512_vnni});
  if (has_avx_vnni()) found.push_back({"AVX-VNNI vpdpbusd", 12 * 32, int8_avx_vnni});
  if (__builtin_cpu_supports("avx512bw")) found.push_back({"AVX-512 vpmaddwd+vpaddd", 11 * 32, int8_avx512});
  if (__builtin_cpu_supports("avx2")) found.push_back({"AVX2 vpmaddwd+vpaddd", 11 * 16, int8_avx2});
  found.push_back({"SSE2 pmaddwd+paddd", 11 * 8, int8_sse2});
#elif defined(PIBENCH_FOR_NEON)
#if defined(PIBENCH_FOR_DOT)
  if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) found.push_back({"NEON sdot", 12 * 16, int8_dot});
#endif
  if (has_neon())
    found.push_back({sizeof(void*) == 8 ? "NEON smull+smlal2+sadalp" : "NEON vmull+vmlal+vpadal", 8 * 16, int8_neon});
#endif
  found.push_back({"scalar", 8, scalar<int32_t>});
  return found;
}

}  // namespace pibench
