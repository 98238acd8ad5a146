// What a runtime reports of its operations, kept in memory that is there beforehand.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "timed_loop.h"

namespace pibench {

struct Event {
  static constexpr size_t kNameBytes = 80;

  char name[kNameBytes];
  int32_t type;
  int64_t node;
  int64_t subgraph;
  int64_t begin_ns;
  int64_t duration_ns;
};

// Nothing is allocated between expect() and the reading of events; what does not fit is left out.
class EventLog {
 public:
  static constexpr uint32_t kDropped = UINT32_MAX;

  // Forgets all events and makes room for so many. Throws std::bad_alloc.
  void expect(size_t events) {
    // Filled and never shrunk, so that no page is new in the timed loop.
    if (events > events_.size()) events_.resize(events);
    size_ = 0;
  }

  uint32_t begin(const char* name, int32_t type, int64_t node, int64_t subgraph) {
    if (!add(name, type, node, subgraph, 0)) return kDropped;
    // Last of all, so that the event does not contain its own recording.
    events_[size_ - 1].begin_ns = now_ns();
    return static_cast<uint32_t>(size_ - 1);
  }

  void end(uint32_t handle) {
    const int64_t now = now_ns();
    if (handle < size_) events_[handle].duration_ns = now - events_[handle].begin_ns;
  }

  bool add(const char* name, int32_t type, int64_t node, int64_t subgraph, int64_t duration_ns) {
    if (size_ == events_.size()) return false;
    Event& event = events_[size_++];
    // Copied, since XNNPACK's names do not outlive the call.
    const size_t length = strnlen(name, Event::kNameBytes - 1);
    std::memcpy(event.name, name, length);
    event.name[length] = '\0';
    event.type = type;
    event.node = node;
    event.subgraph = subgraph;
    event.duration_ns = duration_ns;
    return true;
  }

  size_t size() const { return size_; }
  const Event& at(size_t index) const { return events_[index]; }

 private:
  std::vector<Event> events_;
  size_t size_ = 0;
};

}  // namespace pibench
