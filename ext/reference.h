// Work that takes a fixed number of core cycles: it shows when the machine itself changes.
#pragma once

#include <cstdint>

namespace pibench {

// A chain of dependent multiply-adds: each waits for the one before, so that neither caches nor
// memory nor the width of the core matter, only its clock (and who else runs on it).
struct DependentChain {
  int64_t length;

  int operator()() const {
    uint64_t x = 1;
    for (int64_t i = 0; i < length; ++i) {
      x = x * 6364136223846793005u + 1442695040888963407u;
      // Opaque to the optimiser, which could otherwise jump ahead in a linear recurrence.
      asm volatile("" : "+r"(x));
    }
    return 0;
  }
};

}  // namespace pibench
