// The backward pass of any cell here. Time is walked from the end in chunks. In a chunk every thread
// walks back with its own rows: pointwise derivatives d of the gates, then d @ w_h'. After that the
// gradients of the weights and of the inputs are products over the whole chunk, shared out by columns:
// every sum is made by one thread in one order, so the result does not depend on how many there are.
#pragma once

#include "pack.h"
#include "rows.h"

namespace {

using jaxrnn::Backward;

constexpr long kSummed = 512;  // rows (steps times batch) of a chunk, if the batch isn't larger
constexpr long kDepth = 512;   // rows summed at once in registers

// rows of x or h turned for `outer`: [tile][row][R], a tile being R columns
template <int R>
struct Turned {
  float* data;
  long width, rows;
  long tiles() const { return ceil_div(width, R); }
  long stride() const { return rows * R + 16; }  // not a power of two: tiles would share cache sets
  static long size(long width, long rows) { return ceil_div(width, R) * (rows * R + 16); }
  const float* at(long tile, long row) const { return data + tile * stride() + row * R; }
  void put(long row, const float* from) const {
    float* to = data + row * R;
    long k = 0;
    for (; k + R <= width; k += R, to += stride()) std::memcpy(to, from + k, R * sizeof(float));
    if (k < width) {
      for (int r = 0; r < R; ++r) to[r] = k + r < width ? from[k + r] : 0;
    }
  }
};

// c[first rows..][columns of panel p] (+)= sum over rows of turned' @ d
template <class Layout, int R>
void sum_outer(const Turned<R>& a, long tile, const float* d, long stride, long rows, bool more,
               long p, long hidden, float* c) {
  constexpr int N = Layout::N;
  const long width = Layout::gates * hidden;
  for (long q = 0; q < rows; q += kDepth) {
    const long depth = rows - q < kDepth ? rows - q : kDepth;
    Tile<R, N> t = {};
    outer(t, a.at(tile, q), d + q * stride, stride, depth);
    const bool add = more || q;
    for (int r = 0; r < R && tile * R + r < a.width; ++r) {
      for (int v = 0; v < N; ++v) {
        const Place at = place<Layout>(p, v, hidden);
        if (!at.width) continue;
        float* to = c + (tile * R + r) * width + at.column;
        store(to, add ? load(to, at.width) + t.v[r][v] : t.v[r][v], at.width);
      }
    }
  }
}

// sums of d over rows, for a bias
template <class Layout>
void sum_rows(const float* d, long stride, long rows, bool more, long p, long hidden, float* c) {
  for (int v = 0; v < Layout::N; ++v) {
    const Place at = place<Layout>(p, v, hidden);
    if (!at.width) continue;
    V sum = {};
    for (long q = 0; q < rows; ++q) sum += load(d + q * stride + v * W);
    float* to = c + at.column;
    store(to, more ? load(to, at.width) + sum : sum, at.width);
  }
}

// Rows of gradients in panels: panel p of row q at data + p * panel + q * row; `used` columns of each.
struct Panels {
  const float* data;
  long count, panel, row, used;
};

// Calls finish(tile, first, panel of w) with tile = init + d @ w, for a panel of w and `rows` rows.
template <int N, class Init, class Finish>
void times_panel(const Panels& d, long rows, const float* w, const Init& init, const Finish& finish) {
  cut<most_rows(4)>(rows, [&](long first, auto height) {
    constexpr int R = decltype(height)::count;
    Tile<R, N> t;
    init(t, first);
    for (long p = 0; p < d.count; ++p) {
      const float* a[R];
      for (int r = 0; r < R; ++r) a[r] = d.data + p * d.panel + (first + r) * d.row;
      multiply(t, a, w + p * d.used * N * W, d.used);
    }
    finish(t, first);
  });
}

template <class Init, class Finish>
void times(const Panels& d, long rows, const Transposed& w, long panel, const Init& init,
           const Finish& finish) {
  const float* from = w.panel(panel);
  switch (w.columns(panel)) {
    case 1: return times_panel<1>(d, rows, from, init, finish);
    case 2: return times_panel<2>(d, rows, from, init, finish);
    case 3: return times_panel<3>(d, rows, from, init, finish);
    default: return times_panel<4>(d, rows, from, init, finish);
  }
}

// what was to go to the state before goes to what replaced it; nothing is left, not even a NaN in
// the `wide - width` columns of padding
inline void hand_over(float* from, float* to, long width, long wide) {
  for (long j = 0; j < width; ++j) to[j] += from[j];
  std::memset(from, 0, wide * sizeof(float));
}

// without a single row the gradients of the weights are zero
template <class Cell>
void no_rows(const Sequence& s, const Backward& out) {
  const long width = Cell::Inputs::gates * s.hidden;
  std::memset(out.w_x, 0, s.inputs * width * sizeof(float));
  std::memset(out.w_h, 0, s.hidden * width * sizeof(float));
  if (out.b) std::memset(out.b, 0, width * sizeof(float));
  if (out.b_hn) std::memset(out.b_hn, 0, s.hidden * sizeof(float));
}

template <class Cell>
void backward(const Sequence& s, const Backward& out, Team& team) {
  using ByX = typename Cell::Inputs;      // the part of d that belongs to x @ w_x
  using ByH = typename Cell::Recurrent;   // the part that belongs to h @ w_h
  constexpr int DN = Cell::derivatives;   // vectors of d in a panel
  constexpr int RX = most_rows(ByX::N), RH = most_rows(ByH::N);
  const long D = s.inputs, H = s.hidden, B = s.batch, T = s.steps;
  const long panels = ByX::panels(H), wide = ceil_div(H, W) * W;
  const long chunk = B && B < kSummed ? kSummed / B : 1;
  const long most = (chunk < T ? chunk : T) * B;  // rows of a chunk

  Scratch scratch;
  const Transposed w_h = pack_transposed<ByH>(team, scratch, s.w_h, H, H);
  const Transposed w_x = out.xs ? pack_transposed<ByX>(team, scratch, s.w_x, D, H) : Transposed{};
  float* const d = scratch.floats(panels * most * DN * W);
  const Turned<RX> x{scratch.floats(Turned<RX>::size(D, most)), D, most};
  const Turned<RH> h{scratch.floats(Turned<RH>::size(H, most)), H, most};
  float* const d_h = scratch.floats(B * wide);
  float* const d_c = Cell::has_c ? scratch.floats(B * wide) : nullptr;
  int* const source = s.valid || s.starts ? scratch.ints(T * B) : nullptr;
  float* const zeros = scratch.floats(D > H ? D : H);
  std::memset(zeros, 0, (D > H ? D : H) * sizeof(float));

  const long parts = B < team.threads() ? B : team.threads();
  const auto begin = [&](long part) {
    const long b0 = part * B / parts, b1 = (part + 1) * B / parts;
    if (source) trace_rows(s, source, b0, b1);
    for (long b = b0; b < b1; ++b) {
      for (long j = 0; j < H; j += W) {
        store(d_h + b * wide + j, load(out.d_h + b * H + j, H - j));
        if (Cell::has_c) store(d_c + b * wide + j, load(out.d_c + b * H + j, H - j));
      }
    }
    if (s.starts) {
      std::memset(out.anew_h + b0 * H, 0, (b1 - b0) * H * sizeof(float));
      if (Cell::has_c) std::memset(out.anew_c + b0 * H, 0, (b1 - b0) * H * sizeof(float));
    }
  };
  each(team, parts, begin);

  for (long end = T; end > 0; end -= chunk) {
    const long start = end > chunk ? end - chunk : 0;
    const long rows = (end - start) * B;
    const bool more = end < T;
    const long panel = rows * DN * W;
    each(team, parts, [&](long part) {
      const long b0 = part * B / parts, count = (part + 1) * B / parts - b0;
      for (long i = end - 1; i >= start; --i) {
        const long t = step_of(s, i), q0 = (i - start) * B + b0;
        for (long r = 0; r < count; ++r) {
          const long b = b0 + r, q = q0 + r, row = t * B + b;
          if (!is_valid(s, row)) {
            for (long p = 0; p < panels; ++p)
              std::memset(d + p * panel + q * DN * W, 0, DN * W * sizeof(float));
            x.put(q, zeros);
            h.put(q, zeros);
            continue;
          }
          const int from = source_of(s, source, t, b);
          const float* before = state_row(s, from, b, out.ys, s.h0, s.anew_h);
          const float* c = Cell::has_c ? state_row(s, from, b, out.cells, s.c0, s.anew_c) : nullptr;
          x.put(q, s.xs + row * D);
          h.put(q, before);
          Cell::derive(s, out, row, before, c, d_h + b * wide,
                       Cell::has_c ? d_c + b * wide : nullptr, d + q * DN * W, panel);
        }
        const Panels by_h{d + ByH::first * W + q0 * DN * W, panels, panel, DN * W, ByH::N * W};
        for (long m = 0; m < w_h.panels(); ++m) {
          float* const to = d_h + b0 * wide + m * 4 * W;
          times(by_h, count, w_h, m,
                [&](auto& tile, long first) { load_tile(tile, to + first * wide, wide); },
                [&](auto& tile, long first) { store_tile(tile, to + first * wide, wide); });
        }
        if (!s.starts) continue;
        for (long b = b0; b < b0 + count; ++b) {
          if (!s.starts[t * B + b]) continue;
          hand_over(d_h + b * wide, out.anew_h + b * H, H, wide);
          if (Cell::has_c) hand_over(d_c + b * wide, out.anew_c + b * H, H, wide);
        }
      }
    });

    const long tiles = x.tiles() + h.tiles();
    const long splits = ceil_div(4 * team.threads(), panels) < tiles
                            ? ceil_div(4 * team.threads(), panels) : tiles;
    const long blocks = out.xs ? ceil_div(rows, 96) : 0;
    const long sums = panels * splits;
    each(team, sums + blocks * (out.xs ? w_x.panels() : 0), [&](long task) {
      if (task < sums) {
        const long p = task / splits, k = task % splits;
        const float* const of = d + p * panel;
        for (long m = k * tiles / splits; m < (k + 1) * tiles / splits; ++m) {
          if (m < x.tiles())
            sum_outer<ByX>(x, m, of + ByX::first * W, DN * W, rows, more, p, H, out.w_x);
          else
            sum_outer<ByH>(h, m - x.tiles(), of + ByH::first * W, DN * W, rows, more, p, H, out.w_h);
        }
        if (k == 0 && out.b)
          sum_rows<ByX>(of + ByX::first * W, DN * W, rows, more, p, H, out.b);
        if (k == 0 && out.b_hn) Cell::sum_b_hn(of, DN * W, rows, more, p, H, out.b_hn);
        return;
      }
      const long m = (task - sums) / blocks, block = (task - sums) % blocks;
      const long q0 = block * rows / blocks, count = (block + 1) * rows / blocks - q0;
      const Panels by_x{d + ByX::first * W + q0 * DN * W, panels, panel, DN * W, ByX::N * W};
      times(by_x, count, w_x, m, [](auto& tile, long) { tile = {}; },
            [&](auto& tile, long first) {
              for (int r = 0; r < rows_of(tile); ++r) {
                const long q = q0 + first + r, t = step_of(s, start + q / B);
                float* const to = out.xs + (t * B + q % B) * D + m * 4 * W;
                for (int n = 0; n < vectors_of(tile); ++n) {
                  const long left = D - (m * 4 + n) * W;
                  store(to + n * W, tile.v[r][n], left);
                }
              }
            });
    });
  }

  if (T == 0 || B == 0) no_rows<Cell>(s, out);
  for (long b = 0; b < B; ++b) {
    std::memcpy(out.h0 + b * H, d_h + b * wide, H * sizeof(float));
    if (Cell::has_c) std::memcpy(out.c0 + b * H, d_c + b * wide, H * sizeof(float));
  }
}

}  // namespace
