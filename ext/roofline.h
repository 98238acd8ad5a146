// A kernel on several threads at once: from their common start to the end of the last one.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sched.h>

#include "roofline_arithmetic.h"
#include "roofline_triad.h"
#include "timed_loop.h"

namespace pibench {

// One of both: multiply-adds in registers, or passes over arrays of `length` elements in each thread.
struct RoofKernel {
  Arithmetic arithmetic;
  Triad triad;
  int64_t length;
};

// Threads that take every sample together. `cpus`: the core of each, or none for the scheduler's choice.
class Team {
 public:
  Team(const RoofKernel& kernel, int threads, std::vector<int> cpus, int64_t repetitions)
      : kernel_(kernel), cpus_(std::move(cpus)), repetitions_(repetitions), members_(threads) {
    for (int k = 0; k < threads; ++k) members_[k] = {this, k, {}, 0, 0};
  }
  Team(const Team&) = delete;

  // Fills start_ns and duration_ns. Returns 0, or the error number of a thread that could not begin.
  int run(int64_t samples, int64_t* start_ns, int64_t* duration_ns) {
    samples_ = samples;
    start_ns_ = start_ns;
    duration_ns_ = duration_ns;
    size_t begun = 0;
    for (; begun < members_.size(); ++begun) {
      if (const int error = begin(&members_[begun])) {
        error_ = error;
        given_up_ = true;  // the others wait for one that will not come
        break;
      }
    }
    for (size_t k = 0; k < begun; ++k) pthread_join(members_[k].thread, nullptr);
    return error_;
  }

  // Multiply-adds of all threads in all samples, as their results tell.
  int64_t counted() const {
    int64_t sum = 0;
    for (const Member& member : members_) sum += member.counted;
    return sum;
  }

 private:
  struct Member {
    Team* team;
    int number;
    pthread_t thread;
    int64_t end_ns;
    int64_t counted;
  };

  int begin(Member* member) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    int error = 0;
    if (!cpus_.empty()) {
      cpu_set_t core;
      CPU_ZERO(&core);
      CPU_SET(cpus_[member->number], &core);
      error = pthread_attr_setaffinity_np(&attributes, sizeof(core), &core);
    }
    if (!error) error = pthread_create(&member->thread, &attributes, work, member);
    pthread_attr_destroy(&attributes);
    return error;
  }

  static void* work(void* member) {
    pthread_setname_np(pthread_self(), "pibench-roof");
    static_cast<Member*>(member)->team->take_part(static_cast<Member*>(member));
    return nullptr;
  }

  void take_part(Member* member) {
    Arrays arrays;
    if (kernel_.length) {
      if (const int error = arrays.allocate(kernel_.length)) error_ = error;
    }
    meet([] {});
    if (error_ || given_up_) return;
    int64_t counted = 0;
    for (int64_t sample = 0; sample < samples_; ++sample) {
      meet([&] { start_ns_[sample] = now_ns(); });
      if (kernel_.length) {
        for (int64_t k = 0; k < repetitions_; ++k) arrays.pass(kernel_.triad);
      } else {
        counted += kernel_.arithmetic.count(repetitions_);
      }
      member->end_ns = now_ns();
      meet([&] { duration_ns_[sample] = last_end_ns() - start_ns_[sample]; });
    }
    member->counted = kernel_.length ? arrays.counted() : counted;
  }

  int64_t last_end_ns() const {
    int64_t last = 0;
    for (const Member& member : members_) last = std::max(last, member.end_ns);
    return last;
  }

  // Waits for all; the last to come does what is to be done once. Without sleep, whose end is late by
  // tens of µs; yielding, so that more threads than cores get there too.
  template <class Once>
  void meet(Once once) {
    const unsigned meeting = meetings_;
    if (++arrived_ == members_.size()) {
      once();
      arrived_ = 0;
      ++meetings_;
      return;
    }
    while (meetings_ == meeting && !given_up_) sched_yield();
  }

  const RoofKernel kernel_;
  const std::vector<int> cpus_;
  const int64_t repetitions_;
  std::vector<Member> members_;
  int64_t samples_ = 0;
  int64_t *start_ns_ = nullptr, *duration_ns_ = nullptr;
  // Of one word at most: 32-bit Arm needs a library for atomics of two.
  std::atomic<size_t> arrived_{0};
  std::atomic<unsigned> meetings_{0};
  std::atomic<int> error_{0};
  std::atomic<bool> given_up_{false};
};

}  // namespace pibench
