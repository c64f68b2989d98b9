// Runs every kernel over odd shapes on threads of its own, without Python: for sanitizers and valgrind.
// Arrays have exactly the size they need, so that a read or a write beside one is seen; results of
// all machines are compared with the portable ones. Prints one line, and ends with 1 if they differ.
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "machine.h"
#include "team.h"

using namespace jaxrnn;

namespace {

struct Shape {
  long T, B, D, H;
};
const Shape kShapes[] = {{0, 2, 3, 4}, {1, 1, 1, 1},   {3, 0, 2, 3},   {5, 3, 4, 17},
                         {5, 7, 3, 64}, {3, 33, 9, 70}, {40, 9, 17, 33}, {300, 2, 5, 6}};

struct Kind {
  const char* name;
  long gates, kept;
  bool has_c, has_b_hn;
  void (*Kernels::*forward)(const Sequence&, const Forward&, Team&);
  void (*Kernels::*backward)(const Sequence&, const Backward&, Team&);
};
const Kind kKinds[] = {{"lstm", 4, 4, true, false, &Kernels::lstm, &Kernels::lstm_back},
                       {"gru", 3, 4, false, true, &Kernels::gru, &Kernels::gru_back},
                       {"elman", 1, 0, false, false, &Kernels::elman, &Kernels::elman_back}};

// Owns the arrays of one call; every one is a block of its own on the heap.
class Arrays {
 public:
  explicit Arrays(int seed) : random_(seed) {}
  float* drawn(long count) {
    float* a = empty(count);
    for (long i = 0; i < count; ++i) a[i] = normal_(random_);
    return a;
  }
  float* empty(long count) {
    floats_.push_back(std::make_unique<float[]>(count));
    return floats_.back().get();
  }
  bool* flags(long count, double share) {
    flags_.push_back(std::make_unique<bool[]>(count));
    for (long i = 0; i < count; ++i)
      flags_.back()[i] = std::uniform_real_distribution<>()(random_) < share;
    return flags_.back().get();
  }

 private:
  std::mt19937 random_;
  std::normal_distribution<float> normal_{0, 0.5f};
  std::vector<std::unique_ptr<float[]>> floats_;
  std::vector<std::unique_ptr<bool[]>> flags_;
};

// All results of one forward and one backward call, one after the other.
std::vector<float> run(const Kind& kind, const Shape& at, bool ragged, bool reverse, long threads) {
  Arrays a(7);
  const long T = at.T, B = at.B, D = at.D, H = at.H, wide = kind.gates * H;
  std::vector<std::pair<float*, long>> results;
  const auto result = [&](long count) {
    results.emplace_back(a.empty(count), count);
    return results.back().first;
  };
  Sequence s = {T, B, D, H, reverse};
  s.w_x = a.drawn(D * wide);
  s.w_h = a.drawn(H * wide);
  s.b = a.drawn(wide);
  s.b_hn = kind.has_b_hn ? a.drawn(H) : nullptr;
  s.h0 = a.drawn(B * H);
  s.c0 = kind.has_c ? a.drawn(B * H) : nullptr;
  s.xs = a.drawn(T * B * D);
  s.valid = ragged ? a.flags(T * B, 0.7) : nullptr;
  s.starts = ragged ? a.flags(T * B, 0.3) : nullptr;
  s.anew_h = ragged ? a.drawn(B * H) : nullptr;
  s.anew_c = ragged && kind.has_c ? a.drawn(B * H) : nullptr;
  Forward f = {};
  f.h = result(B * H);
  f.c = kind.has_c ? result(B * H) : nullptr;
  f.ys = result(T * B * H);
  f.gates = kind.kept ? a.empty(T * B * kind.kept * H) : nullptr;
  f.cells = kind.has_c ? a.empty(T * B * H) : nullptr;
  Forward bare = f;
  bare.gates = bare.cells = nullptr;
  Backward b = {};
  b.ys = f.ys;
  b.gates = f.gates;
  b.cells = f.cells;
  b.d_h = a.drawn(B * H);
  b.d_c = kind.has_c ? a.drawn(B * H) : nullptr;
  b.d_ys = a.drawn(T * B * H);
  b.w_x = result(D * wide);
  b.w_h = result(H * wide);
  b.b = result(wide);
  b.b_hn = kind.has_b_hn ? result(H) : nullptr;
  b.h0 = result(B * H);
  b.c0 = kind.has_c ? result(B * H) : nullptr;
  b.anew_h = ragged ? result(B * H) : nullptr;
  b.anew_c = ragged && kind.has_c ? result(B * H) : nullptr;
  b.xs = result(T * B * D);

  std::vector<std::thread> helpers;
  {
    const auto lend = [&](std::function<void()> help) { helpers.emplace_back(std::move(help)); };
    Team team(threads, lend);
    const Kernels& kernels = *machine().kernels;
    (kernels.*kind.forward)(s, bare, team);
    (kernels.*kind.forward)(s, f, team);
    (kernels.*kind.backward)(s, b, team);
  }
  for (std::thread& helper : helpers) helper.join();
  std::vector<float> all;
  for (const auto& [from, count] : results) all.insert(all.end(), from, from + count);
  return all;
}

}  // namespace

int main() {
  const char* const machines[] = {"portable", "avx2", "avx512"};
  long runs = 0;
  double worst = 0;
  bool same = true;
  for (const Kind& kind : kKinds) {
    for (const Shape& shape : kShapes) {
      for (int options = 0; options < 4; ++options) {
        std::vector<float> first;
        for (const char* name : machines) {
          if (!jaxrnn_choose_machine(name)) continue;
          std::vector<float> alone;
          for (long threads = 1; threads <= 3; ++threads, ++runs) {
            const std::vector<float> got = run(kind, shape, options & 1, options & 2, threads);
            if (alone.empty()) alone = got;
            same = same && got == alone;
            if (first.empty()) first = got;
            for (size_t i = 0; i < got.size(); ++i)
              worst = std::fmax(worst, std::fabs(got[i] - first[i]) / (1 + std::fabs(first[i])));
          }
        }
      }
    }
  }
  std::printf("%ld runs, machines differ by %.1e at most, bits are %s on any number of threads\n",
              runs, worst, same ? "the same" : "NOT THE SAME");
  return worst < 1e-3 && same ? 0 : 1;
}
