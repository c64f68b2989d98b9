#include "team.h"

#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>

#ifdef __linux__
#include <sched.h>
#include <sys/mman.h>
#endif

namespace jaxrnn {

namespace {

inline void rest() {
#ifdef __x86_64__
  __builtin_ia32_pause();
#endif
}

// Waits without a system call for a few microseconds, then lets other processes have the core.
template <class Done>
void wait(const Done& done) {
  for (int i = 0; !done(); ++i) {
    if (i < 2000) rest();
    else std::this_thread::yield();
  }
}

}  // namespace

struct Team::Shared {
  static constexpr unsigned long kPhase = 1ul << 32;  // ticket = phase * kPhase + tasks nobody has

  std::atomic<unsigned long> ticket{0};
  std::atomic<long> tasks{0}, done{0};
  std::atomic<Task> run{nullptr};
  std::atomic<void*> data{nullptr};
  std::atomic<bool> closed{false};
  std::atomic<long> inside{0};
  const std::thread::id caller = std::this_thread::get_id();

  // Takes tasks of the present phase until there are none.
  void work() {
    for (;;) {
      unsigned long now = ticket.load();
      const long left = static_cast<long>(now % kPhase);
      if (!left) return;
      const long all = tasks.load();
      const Task task = run.load();
      void* const argument = data.load();
      // fails if the phase is no more the one that these were read in: they change between phases
      if (!ticket.compare_exchange_weak(now, now - 1)) continue;
      task(argument, all - left);
      done.fetch_add(1);
    }
  }

  void help() {
    if (std::this_thread::get_id() == caller) return;  // a pool without room runs it on the spot
    inside.fetch_add(1);
    while (!closed.load()) {
      const unsigned long phase = ticket.load() / kPhase;
      work();
      wait([&] { return closed.load() || ticket.load() / kPhase != phase; });
    }
    inside.fetch_sub(1);
  }
};

Team::Team(long threads, const Lend& lend)
    : shared_(std::make_shared<Shared>()), threads_(threads < 1 ? 1 : threads) {
  for (long i = 1; i < threads_; ++i) {
    lend([shared = shared_] { shared->help(); });
  }
}

Team::~Team() {
  shared_->closed.store(true);
  // whoever is inside finishes its last look around; whoever comes later leaves at once
  wait([this] { return shared_->inside.load() == 0; });
}

void Team::each(long tasks, Task run, void* data) {
  if (threads_ == 1 || tasks <= 1) {
    for (long i = 0; i < tasks; ++i) run(data, i);
    return;
  }
  Shared& s = *shared_;
  // nobody reads these now: no task of the last phase is left
  s.done.store(0);
  s.run.store(run);
  s.data.store(data);
  s.tasks.store(tasks);
  s.ticket.store((s.ticket.load() / Shared::kPhase + 1) * Shared::kPhase + tasks);
  s.work();
  wait([&] { return s.done.load() == tasks; });
}

long usable_cores() {
#ifdef __linux__
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
#endif
  return std::thread::hardware_concurrency();
}

constexpr size_t kPage = 2 << 20;  // a huge one

// Weights would fill thousands of small pages, whose addresses the processor can't all remember. It is only
// a hint: nothing depends on whether the system takes it.
static void prefer_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] size_t bytes) {
#ifdef MADV_HUGEPAGE
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
}

struct alignas(64) Scratch::Block {
  Block* before;
  size_t bytes;
};

namespace {

// Large blocks outlive their call: fresh memory would have to be given and cleared by the system each time.
struct Shelf {
  static constexpr size_t kPlaces = 16, kMost = size_t{64} << 20;  // bytes kept at most
  std::mutex door;
  void* blocks[kPlaces] = {};
  size_t sizes[kPlaces] = {};
  size_t kept = 0;

  void* take(size_t bytes) {
    std::lock_guard<std::mutex> lock(door);
    for (size_t i = 0; i < kPlaces; ++i) {
      if (!blocks[i] || sizes[i] != bytes) continue;
      void* block = blocks[i];
      blocks[i] = nullptr;
      kept -= bytes;
      return block;
    }
    return nullptr;
  }
  // Blocks of sizes that nobody asks for any more make room for this one.
  void put(void* block, size_t bytes) {
    std::lock_guard<std::mutex> lock(door);
    if (bytes > kMost) return std::free(block);
    size_t place = kPlaces;
    while (place == kPlaces || kept + bytes > kMost) {
      for (size_t i = 0; i < kPlaces; ++i) {
        if (!blocks[i]) place = i;
      }
      if (place < kPlaces && kept + bytes <= kMost) break;
      oldest = (oldest + 1) % kPlaces;
      if (!blocks[oldest]) continue;
      std::free(blocks[oldest]);
      blocks[oldest] = nullptr;
      kept -= sizes[oldest];
    }
    blocks[place] = block;
    sizes[place] = bytes;
    kept += bytes;
  }

 private:
  size_t oldest = 0;
};

// never destroyed: a call may still be running when the process ends
Shelf& shelf() {
  static Shelf& one = *new Shelf;
  return one;
}

bool is_large(size_t bytes) { return bytes >= kPage; }

}  // namespace

float* Scratch::floats(size_t count) {
  if (count > (~size_t{0} >> 4)) throw std::bad_alloc();
  size_t bytes = sizeof(Block) + count * sizeof(float);
  const size_t unit = is_large(bytes) ? kPage : 64;
  bytes = (bytes + unit - 1) / unit * unit;
  void* memory = is_large(bytes) ? shelf().take(bytes) : nullptr;
  if (!memory) {
    if (posix_memalign(&memory, unit, bytes)) throw std::bad_alloc();
    if (is_large(bytes)) prefer_huge_pages(memory, bytes);
  }
  last_ = new (memory) Block{last_, bytes};
  return reinterpret_cast<float*>(last_ + 1);
}

Scratch::~Scratch() {
  while (last_) {
    Block* block = last_;
    last_ = block->before;
    if (is_large(block->bytes)) shelf().put(block, block->bytes);
    else std::free(block);
  }
}

}  // namespace jaxrnn
