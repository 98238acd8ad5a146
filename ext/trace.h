// The board's sensors beside a measurement: a thread that reads them all, once every period.
#pragma once

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sched.h>

#include "channel.h"
#include "timed_loop.h"

namespace pibench {

class Lock {
 public:
  explicit Lock(pthread_mutex_t* mutex) : mutex_(mutex) { pthread_mutex_lock(mutex_); }
  ~Lock() { pthread_mutex_unlock(mutex_); }
  Lock(const Lock&) = delete;

 private:
  pthread_mutex_t* mutex_;
};

// Readings are rows of begin (CLOCK_MONOTONIC), cost in ns, and a value per channel. The first
// row is read by start() and the last by stop(), on the caller's thread: what lies between the
// two calls lies between two readings.
class Sampler {
 public:
  Sampler(int64_t period_ns, std::vector<int> cpus) : cpus_(std::move(cpus)), period_ns_(period_ns) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    // Deadlines of the wall clock would jump when the time of day is set.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&wake_, &attributes);
    pthread_condattr_destroy(&attributes);
  }
  Sampler(const Sampler&) = delete;
  ~Sampler() {
    join();
    pthread_cond_destroy(&wake_);
    pthread_mutex_destroy(&mutex_);
  }

  void add(std::string path, Encoding encoding) { channels_.emplace_back(std::move(path), encoding); }

  // 0, or an error number: EINVAL where none of the cores exists or is allowed.
  int start() {
    row_.reserve(channels_.size() + 2);
    if (!read_row()) return ENOMEM;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    int error = 0;
    if (!cpus_.empty()) error = pin(&attributes);
    if (!error) error = pthread_create(&thread_, &attributes, run, this);
    pthread_attr_destroy(&attributes);
    running_ = !error;
    return error;
  }

  void stop() {
    if (join()) read_row();
  }

  std::vector<int64_t> readings() {
    Lock lock(&mutex_);
    return rows_;
  }

 private:
  int pin(pthread_attr_t* attributes) const {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (const int cpu : cpus_) CPU_SET(cpu, &cores);
    return pthread_attr_setaffinity_np(attributes, sizeof(cores), &cores);
  }

  bool join() {
    if (!running_) return false;
    {
      Lock lock(&mutex_);
      stopping_ = true;
      pthread_cond_signal(&wake_);
    }
    pthread_join(thread_, nullptr);
    running_ = false;
    return true;
  }

  static void* run(void* self) {
    pthread_setname_np(pthread_self(), "pibench-trace");
    static_cast<Sampler*>(self)->sample();
    return nullptr;
  }

  void sample() {
    int64_t deadline_ns = now_ns() + period_ns_;
    while (wait_until(deadline_ns)) {
      if (!read_row()) return;
      // Readings that came too late are left out, not made up for in a burst.
      const int64_t late_ns = now_ns() - deadline_ns;
      deadline_ns += (late_ns / period_ns_ + 1) * period_ns_;
    }
  }

  // False as soon as the sampler is to stop.
  bool wait_until(int64_t deadline_ns) {
    timespec deadline;
    deadline.tv_sec = static_cast<time_t>(deadline_ns / 1000000000);
    deadline.tv_nsec = static_cast<long>(deadline_ns % 1000000000);
    Lock lock(&mutex_);
    while (!stopping_) {
      if (pthread_cond_timedwait(&wake_, &mutex_, &deadline) != 0) return !stopping_;
    }
    return false;
  }

  // The lock is not held while sensors are read: the firmware may take its time.
  bool read_row() {
    row_.clear();
    const int64_t begin_ns = now_ns();
    row_.push_back(begin_ns);
    row_.push_back(0);
    for (Channel& channel : channels_) row_.push_back(channel.read());
    row_[1] = now_ns() - begin_ns;
    try {
      Lock lock(&mutex_);
      rows_.insert(rows_.end(), row_.begin(), row_.end());
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }

  std::vector<Channel> channels_;
  std::vector<int> cpus_;
  const int64_t period_ns_;
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t wake_;
  pthread_t thread_ = {};
  bool running_ = false;
  bool stopping_ = false;
  std::vector<int64_t> row_;
  std::vector<int64_t> rows_;
};

}  // namespace pibench
