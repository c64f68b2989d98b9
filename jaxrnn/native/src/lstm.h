// LSTM: gates i, f, g, o. A panel is W units with their four gates; kept are the gates and c.
#pragma once

#include "backward.h"
#include "forward.h"

namespace {

struct LSTM {
  struct Weights {
    static constexpr int N = 4, gates = 4, first = 0;
    static long panels(long hidden) { return ceil_div(hidden, W); }
    static Columns columns(long p, int v) { return {v, p}; }
  };
  using Inputs = Weights;
  using Recurrent = Weights;
  static constexpr bool has_c = true;
  static constexpr int derivatives = 4;

  template <int R>
  static JAXRNN_INLINE void begin(Tile<R, 4>&, const Sequence&, long) {}

  template <int R>
  static JAXRNN_INLINE void finish(Tile<R, 4>& t, const Sequence& s, const Forward& out, long p,
                                   long row, const float*, const float* const*,
                                   const float* const* c, float* c_now) {
    const long H = s.hidden, unit = p * W, left = H - unit;
    for (int r = 0; r < R; ++r) {
      const V i = sigmoid(t.v[r][0]), f = sigmoid(t.v[r][1]), g = tanh(t.v[r][2]),
              o = sigmoid(t.v[r][3]);
      const V next = f * load(c[r] + unit, left) + i * g;
      store(out.ys + (row + r) * H + unit, o * tanh(next), left);
      if (out.gates) {
        float* to = out.gates + (row + r) * 4 * H + unit;
        store(to, i, left);
        store(to + H, f, left);
        store(to + 2 * H, g, left);
        store(to + 3 * H, o, left);
        store(out.cells + (row + r) * H + unit, next, left);
      } else if (is_valid(s, row + r)) {
        store(c_now + r * H + unit, next, left);
      }
    }
  }

  // d: one row of the derivatives by the gates' inputs; d_h and d_c go one step back
  static void derive(const Sequence& s, const Backward& out, long row, const float*, const float* c,
                     float* d_h, float* d_c, float* d, long panel) {
    const long H = s.hidden;
    const float* const gates = out.gates + row * 4 * H;
    const float* const cells = out.cells + row * H;
    const float* const d_y = out.d_ys + row * H;
    for (long j = 0; j < H; j += W, d += panel) {
      const long left = H - j;
      const V i = load(gates + j, left), f = load(gates + H + j, left),
              g = load(gates + 2 * H + j, left), o = load(gates + 3 * H + j, left);
      const V bent = tanh(load(cells + j, left));
      const V dh = load(d_h + j) + load(d_y + j, left);
      const V dc = load(d_c + j) + dh * o * (1.0f - bent * bent);
      store(d, dc * g * i * (1.0f - i));
      store(d + W, dc * load(c + j, left) * f * (1.0f - f));
      store(d + 2 * W, dc * i * (1.0f - g * g));
      store(d + 3 * W, dh * bent * o * (1.0f - o));
      store(d_c + j, dc * f);
      store(d_h + j, V{});
    }
  }

  static void sum_b_hn(const float*, long, long, bool, long, long, float*) {}
};

}  // namespace
