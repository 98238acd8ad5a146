// Event counters of one thread, through perf_event_open.
#pragma once

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace pibench {

// Up to kMost events that the kernel counts during exactly the same time, since the processor
// holds all of a group or none. Between start() and stop() nothing of this runs.
struct CounterGroup {
  static constexpr int kMost = 8;

  // What read() gives, in the kernel's layout; times are in ns.
  struct Reading {
    uint64_t events;
    uint64_t enabled_ns;
    uint64_t running_ns;
    uint64_t values[kMost];
  };

  int fds[kMost];
  int size = 0;

  // Adds an event of a thread; the first that succeeds leads the group. Returns 0 or errno.
  int add(int thread_id, uint32_t type, uint64_t config, bool user_only) {
    if (size == kMost) return ENOSPC;
    perf_event_attr attributes;
    std::memset(&attributes, 0, sizeof(attributes));
    attributes.size = sizeof(attributes);
    attributes.type = type;
    attributes.config = config;
    attributes.disabled = size == 0;  // the others follow their leader
    attributes.exclude_kernel = user_only;
    attributes.exclude_hv = user_only;
    attributes.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    const int leader = size == 0 ? -1 : fds[0];
    const long fd = syscall(SYS_perf_event_open, &attributes, thread_id, -1, leader, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0) return errno;
    fds[size++] = static_cast<int>(fd);
    return 0;
  }

  // Each returns 0 or errno.
  int start() const { return ioctl(fds[0], PERF_EVENT_IOC_ENABLE, 0) ? errno : 0; }
  int stop() const { return ioctl(fds[0], PERF_EVENT_IOC_DISABLE, 0) ? errno : 0; }

  int read_into(Reading* reading) const {
    const ssize_t expected = static_cast<ssize_t>((3 + size) * sizeof(uint64_t));
    const ssize_t got = ::read(fds[0], reading, sizeof(*reading));
    if (got < 0) return errno;
    // A group that the processor could not hold after all reads as an end of file.
    return got == expected ? 0 : ENODATA;
  }

  void close_all() {
    while (size > 0) ::close(fds[--size]);
  }
};

}  // namespace pibench
