// One sensor of the board, read without allocating: a file of /sys, or the Raspberry Pi firmware's mailbox.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pibench {

// What stands for a reading that could not be had.
constexpr int64_t kMissing = INT64_MIN;

enum class Encoding { kDecimal, kHexadecimal, kMailbox };

inline int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return INT8_MAX;
}

// A whole number, to the base 16 after 0x whatever `base` says; white space may follow it,
// anything else makes it no number.
inline int64_t parse_integer(const char* text, size_t length, int base) {
  const char* const end = text + length;
  const bool negative = text < end && *text == '-';
  if (negative) ++text;
  if (end - text > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text += 2;
  }
  const char* const first = text;
  int64_t value = 0;
  for (; text < end && digit_of(*text) < base; ++text) {
    if (__builtin_mul_overflow(value, base, &value)) return kMissing;
    if (__builtin_add_overflow(value, digit_of(*text), &value)) return kMissing;
  }
  if (text == first) return kMissing;
  for (; text < end; ++text) {
    if (*text != '\n' && *text != ' ') return kMissing;
  }
  return negative ? -value : value;
}

// The firmware's property protocol, a message of 32-bit words: size in bytes, code, then one tag
// with its buffer, then an end mark.
constexpr int kMailboxWords = 7;
constexpr uint32_t kGetThrottled = 0x00030046;
constexpr uint32_t kAnswered = 0x80000000;
constexpr unsigned long kMailboxProperty = _IOWR(100, 0, char*);

// The value sent is a mask of the marks to clear: none, since they are other programs' too.
inline void throttled_request(uint32_t* words) {
  const uint32_t request[kMailboxWords] = {sizeof(request), 0, kGetThrottled, sizeof(uint32_t), 0, 0, 0};
  for (int i = 0; i < kMailboxWords; ++i) words[i] = request[i];
}

inline int64_t throttled_answer(const uint32_t* words) {
  const bool sound = words[1] == kAnswered && words[2] == kGetThrottled && words[4] == (kAnswered | sizeof(uint32_t));
  return sound ? static_cast<int64_t>(words[5]) : kMissing;
}

class Channel {
 public:
  Channel(std::string path, Encoding encoding) : path_(std::move(path)), encoding_(encoding) {}
  Channel(Channel&& other) noexcept
      : path_(std::move(other.path_)), encoding_(other.encoding_), fd_(std::exchange(other.fd_, -1)) {}
  Channel& operator=(Channel&&) = delete;
  ~Channel() { close_file(); }

  // The sensor's value now. A file that was removed, and perhaps made anew, is opened by its path.
  int64_t read() {
    if (is_gone()) close_file();
    if (fd_ < 0) fd_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd_ < 0) return kMissing;
    const int64_t value = encoding_ == Encoding::kMailbox ? ask_firmware() : read_file();
    // A kernel object that went away keeps its file open and answers ENODEV for ever.
    if (value == kMissing) close_file();
    return value;
  }

 private:
  bool is_gone() const {
    struct stat status;
    return fd_ >= 0 && fstat(fd_, &status) == 0 && status.st_nlink == 0;
  }

  int64_t read_file() const {
    char text[64];
    const ssize_t length = pread(fd_, text, sizeof(text), 0);
    if (length <= 0) return kMissing;
    return parse_integer(text, static_cast<size_t>(length), encoding_ == Encoding::kHexadecimal ? 16 : 10);
  }

  int64_t ask_firmware() const {
    uint32_t words[kMailboxWords];
    throttled_request(words);
    return ioctl(fd_, kMailboxProperty, words) < 0 ? kMissing : throttled_answer(words);
  }

  void close_file() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  std::string path_;
  Encoding encoding_;
  int fd_ = -1;
};

}  // namespace pibench
