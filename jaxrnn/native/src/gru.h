// GRU, reset after: gates r, z, n. A panel is W units; kept are r, z, n and q = h @ w_hn + b_hn.
#pragma once

#include "backward.h"
#include "forward.h"

namespace {

struct GRU {
  struct Weights {
    static constexpr int N = 3, gates = 3, first = 0;
    static long panels(long hidden) { return ceil_div(hidden, W); }
    static Columns columns(long p, int v) { return {v, p}; }
  };
  // a panel of derivatives is q, r, z, n: h @ w_h reached the first three, x @ w_x the last three
  struct Recurrent : Weights {
    static Columns columns(long p, int v) { return {v == 0 ? 2 : v - 1, p}; }
  };
  struct Inputs : Weights {
    static constexpr int first = 1;
  };
  struct Reset {  // q alone, whose columns are those of b_hn
    static constexpr int N = 1, gates = 1;
    static Columns columns(long p, int) { return {0, p}; }
  };
  static constexpr bool has_c = false;
  static constexpr int derivatives = 4;

  template <int R>
  static JAXRNN_INLINE void begin(Tile<R, 3>& t, const Sequence& s, long p) {
    const V b = s.b_hn ? load(s.b_hn + p * W, s.hidden - p * W) : V{};
    for (int r = 0; r < R; ++r) t.v[r][2] = b;
  }

  template <int R>
  static JAXRNN_INLINE void finish(Tile<R, 3>& t, const Sequence& s, const Forward& out, long p,
                                   long row, const float* u, const float* const* h,
                                   const float* const*, float*) {
    const long H = s.hidden, unit = p * W, left = H - unit;
    for (int i = 0; i < R; ++i) {
      const V r = sigmoid(t.v[i][0]), z = sigmoid(t.v[i][1]), q = t.v[i][2];
      const V n = tanh(load(u + (i * 3 + 2) * W) + r * q);
      store(out.ys + (row + i) * H + unit, (1.0f - z) * n + z * load(h[i] + unit, left), left);
      if (out.gates) {
        float* to = out.gates + (row + i) * 4 * H + unit;
        store(to, r, left);
        store(to + H, z, left);
        store(to + 2 * H, n, left);
        store(to + 3 * H, q, left);
      }
    }
  }

  static void derive(const Sequence& s, const Backward& out, long row, const float* h, const float*,
                     float* d_h, float*, float* d, long panel) {
    const long H = s.hidden;
    const float* const gates = out.gates + row * 4 * H;
    const float* const d_y = out.d_ys + row * H;
    for (long j = 0; j < H; j += W, d += panel) {
      const long left = H - j;
      const V r = load(gates + j, left), z = load(gates + H + j, left),
              n = load(gates + 2 * H + j, left), q = load(gates + 3 * H + j, left);
      const V dh = load(d_h + j) + load(d_y + j, left);
      const V dn = dh * (1.0f - z) * (1.0f - n * n);
      store(d, dn * r);
      store(d + W, dn * q * r * (1.0f - r));
      store(d + 2 * W, dh * (load(h + j, left) - n) * z * (1.0f - z));
      store(d + 3 * W, dn);
      store(d_h + j, dh * z);
    }
  }

  static void sum_b_hn(const float* d, long stride, long rows, bool more, long p, long hidden,
                       float* to) {
    sum_rows<Reset>(d, stride, rows, more, p, hidden, to);
  }
};

}  // namespace
