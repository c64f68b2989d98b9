// Threads that share the tasks of one call, in phases.
//
// Tasks are claimed, never handed out: the calling thread takes what no helper has taken, and waits
// only for tasks that a running thread holds. So a call ends even if no helper ever comes, and helpers
// may be borrowed from a pool that others use. A helper that comes after the end finds the door shut.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

namespace jaxrnn {

class Team {
 public:
  using Task = void (*)(void* data, long task);
  using Lend = std::function<void(std::function<void()>)>;  // runs a function on another thread, later

  // at most `threads` threads; `lend` is called for all but the caller's
  Team(long threads, const Lend& lend);
  ~Team();
  Team(const Team&) = delete;

  long threads() const { return threads_; }
  // Runs task 0 .. tasks-1, each once, and returns when all are done.
  void each(long tasks, Task run, void* data);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  long threads_;
};

// Cores that this process may use; 0 if nobody knows.
long usable_cores();

// Memory of one call, aligned to cache lines and given back with it. Throws std::bad_alloc.
class Scratch {
 public:
  Scratch() = default;
  ~Scratch();
  Scratch(const Scratch&) = delete;
  float* floats(size_t count);
  int* ints(size_t count) { return reinterpret_cast<int*>(floats(count)); }
  const float** rows(size_t count) { return reinterpret_cast<const float**>(floats(2 * count)); }

 private:
  struct Block;
  Block* last_ = nullptr;
};

}  // namespace jaxrnn
