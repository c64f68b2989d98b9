// Elman, tanh. A panel is 4*W units; nothing is kept but the outputs.
#pragma once

#include "backward.h"
#include "forward.h"

namespace {

struct Elman {
  struct Weights {
    static constexpr int N = 4, gates = 1, first = 0;
    static long panels(long hidden) { return ceil_div(hidden, 4 * W); }
    static Columns columns(long p, int v) { return {0, p * 4 + v}; }
  };
  using Inputs = Weights;
  using Recurrent = Weights;
  static constexpr bool has_c = false;
  static constexpr int derivatives = 4;

  template <int R>
  static JAXRNN_INLINE void begin(Tile<R, 4>&, const Sequence&, long) {}

  template <int R>
  static JAXRNN_INLINE void finish(Tile<R, 4>& t, const Sequence& s, const Forward& out, long p,
                                   long row, const float*, const float* const*,
                                   const float* const*, float*) {
    const long H = s.hidden;
    for (int v = 0; v < 4; ++v) {
      const long unit = (p * 4 + v) * W;
      if (unit >= H) break;
      for (int r = 0; r < R; ++r)
        store(out.ys + (row + r) * H + unit, tanh(t.v[r][v]), H - unit);
    }
  }

  static void derive(const Sequence& s, const Backward& out, long row, const float*, const float*,
                     float* d_h, float*, float* d, long panel) {
    const long H = s.hidden;
    const float* const y = out.ys + row * H;
    const float* const d_y = out.d_ys + row * H;
    for (long p = 0; p < Weights::panels(H); ++p, d += panel) {
      for (int v = 0; v < 4; ++v) {
        const long j = (p * 4 + v) * W, left = H - j;
        if (left <= 0) {
          store(d + v * W, V{});
          continue;
        }
        const V h = load(y + j, left);
        store(d + v * W, (load(d_h + j) + load(d_y + j, left)) * (1.0f - h * h));
        store(d_h + j, V{});
      }
    }
  }

  static void sum_b_hn(const float*, long, long, bool, long, long, float*) {}
};

}  // namespace
