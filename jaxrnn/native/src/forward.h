// The forward pass of any cell here: the rows of a batch are shared out, each thread walks through time
// on its own. The input is projected a few steps at a time, into memory that stays in cache.
#pragma once

#include "pack.h"
#include "rows.h"

namespace {

using jaxrnn::Forward;

// Rows of input that one thread projects at once: enough to use the weights well, few enough that the
// result stays in cache.
constexpr long rows_at_once(long width) {
  const long fit = 65536 / width;
  return fit < 12 ? 12 : fit > 60 ? 60 : fit;
}

// u[panel][row][N*W] = b + x @ w_x
template <class Layout>
void project(const float* packed, const float* b, const float* const* x, long rows, long depth,
             long hidden, float* u) {
  constexpr int N = Layout::N;
  for (long p = 0; p < Layout::panels(hidden); ++p) {
    V bias[N];
    for (int v = 0; v < N; ++v) {
      const Place at = place<Layout>(p, v, hidden);
      bias[v] = b && at.width ? load(b + at.column, at.width) : V{};
    }
    cut<most_rows(N)>(rows, [&](long first, auto height) {
      constexpr int R = decltype(height)::count;
      const float* a[R];
      Tile<R, N> t;
      for (int r = 0; r < R; ++r) {
        a[r] = x[first + r];
        for (int v = 0; v < N; ++v) t.v[r][v] = bias[v];
      }
      multiply(t, a, packed + p * depth * N * W, depth);
      float* to = u + (p * rows + first) * N * W;
      for (int r = 0; r < R; ++r)
        for (int v = 0; v < N; ++v) store(to + (r * N + v) * W, t.v[r][v]);
    });
  }
}

template <class Cell>
void forward(const Sequence& s, const Forward& out, Team& team) {
  using Layout = typename Cell::Weights;
  constexpr int N = Layout::N;
  const long D = s.inputs, H = s.hidden, B = s.batch, T = s.steps;
  const long panels = Layout::panels(H);
  Scratch scratch;
  const float* const w_x = pack_forward<Layout>(team, scratch, s.w_x, D, H);
  const float* const w_h = pack_forward<Layout>(team, scratch, s.w_h, H, H);
  float* const zeros = scratch.floats(D > 0 ? D : 1);
  for (long i = 0; i < D; ++i) zeros[i] = 0;
  const long parts = B < team.threads() ? B : team.threads();
  const long most = parts ? ceil_div(B, parts) : 0;
  const long at_once = rows_at_once(panels * N * W);
  const long chunk = most && most < at_once ? at_once / most : 1;
  float* const u_all = scratch.floats(parts * panels * chunk * most * N * W);
  const float** const x_all = scratch.rows(parts * chunk * most);
  const float** const h_all = scratch.rows(B);
  const float** const c_all = scratch.rows(B);
  float* const c_now = Cell::has_c && !out.cells ? scratch.floats(B * H) : nullptr;

  each(team, parts, [&](long part) {
    const long b0 = part * B / parts, rows = (part + 1) * B / parts - b0;
    float* const u = u_all + part * panels * chunk * most * N * W;
    const float** const x = x_all + part * chunk * most;
    const float** const h = h_all + b0;
    const float** const c = c_all + b0;
    for (long r = 0; r < rows; ++r) {
      h[r] = s.h0 + (b0 + r) * H;
      if (Cell::has_c) c[r] = s.c0 + (b0 + r) * H;
    }
    for (long start = 0; start < T; start += chunk) {
      const long steps = T - start < chunk ? T - start : chunk;
      for (long i = 0; i < steps; ++i) {
        for (long r = 0; r < rows; ++r) {
          const long row = step_of(s, start + i) * B + b0 + r;
          x[i * rows + r] = is_valid(s, row) ? s.xs + row * D : zeros;
        }
      }
      project<Layout>(w_x, s.b, x, steps * rows, D, H, u);
      for (long i = 0; i < steps; ++i) {
        const long row0 = step_of(s, start + i) * B + b0;
        if (s.starts) {
          for (long r = 0; r < rows; ++r) {
            if (!s.starts[row0 + r]) continue;
            h[r] = s.anew_h + (b0 + r) * H;
            if (Cell::has_c) c[r] = s.anew_c + (b0 + r) * H;
          }
        }
        for (long p = 0; p < panels; ++p) {
          cut<most_rows(N)>(rows, [&](long first, auto height) {
            constexpr int R = decltype(height)::count;
            const float* a[R];
            Tile<R, N> t;
            const float* from = u + (p * steps * rows + i * rows + first) * N * W;
            for (int r = 0; r < R; ++r) {
              a[r] = h[first + r];
              for (int v = 0; v < N; ++v) t.v[r][v] = load(from + (r * N + v) * W);
            }
            Cell::begin(t, s, p);
            multiply(t, a, w_h + p * H * N * W, H);
            Cell::finish(t, s, out, p, row0 + first, from, h + first, c + first,
                         c_now ? c_now + (b0 + first) * H : nullptr);
          });
        }
        for (long r = 0; r < rows; ++r) {
          const long row = row0 + r;
          if (is_valid(s, row)) {
            h[r] = out.ys + row * H;
            if (Cell::has_c) c[r] = c_now ? c_now + (b0 + r) * H : out.cells + row * H;
          } else {
            std::memset(out.ys + row * H, 0, H * sizeof(float));
          }
        }
      }
    }
    for (long r = 0; r < rows; ++r) {
      std::memcpy(out.h + (b0 + r) * H, h[r], H * sizeof(float));
      if (Cell::has_c) std::memcpy(out.c + (b0 + r) * H, c[r], H * sizeof(float));
    }
  });
}

}  // namespace
