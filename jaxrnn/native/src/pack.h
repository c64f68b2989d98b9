// Weights copied once a call into the order in which the tiles read them.
#pragma once

#include "team.h"
#include "tile.h"

namespace {

using jaxrnn::Scratch;
using jaxrnn::Team;

// Runs body(i) for i in 0 .. tasks-1 on the team.
template <class Body>
void each(Team& team, long tasks, const Body& body) {
  team.each(
      tasks, [](void* b, long i) { (*static_cast<const Body*>(b))(i); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

constexpr long ceil_div(long a, long b) { return (a + b - 1) / b; }

// W columns of one gate
struct Columns {
  long gate, unit;  // units unit*W .. unit*W + W-1
};

// Where vector v of panel p stands among the columns [G*H] of a weight matrix; the width is 0 .. W.
struct Place {
  long column, width;
};
template <class Layout>
JAXRNN_INLINE Place place(long p, int v, long hidden) {
  const Columns c = Layout::columns(p, v);
  const long left = hidden - c.unit * W;
  return {c.gate * hidden + c.unit * W, left < 0 ? 0 : left > W ? W : left};
}

// w [K, G*H] -> [panel][K][N*W]: for products with rows of x or h
template <class Layout>
const float* pack_forward(Team& team, Scratch& scratch, const float* w, long depth, long hidden) {
  constexpr int N = Layout::N;
  const long panels = Layout::panels(hidden), width = Layout::gates * hidden;
  float* const packed = scratch.floats(panels * depth * N * W);
  each(team, panels, [&](long p) {
    float* to = packed + p * depth * N * W;
    for (int v = 0; v < N; ++v) {
      const Place at = place<Layout>(p, v, hidden);
      for (long k = 0; k < depth; ++k)
        store(to + (k * N + v) * W, at.width ? load(w + k * width + at.column, at.width) : V{});
    }
  });
  return packed;
}

// w [M, G*H] -> its transpose [panel of M][all panels of G*H][N*W][columns*W]: for products with
// rows of gradients. The M columns of the result stand in panels of up to 4 vectors.
struct Transposed {
  const float* data;
  long depth, vectors;  // rows of the transpose, and vectors of its columns
  long panels() const { return ceil_div(vectors, 4); }
  long columns(long p) const { return vectors - 4 * p < 4 ? vectors - 4 * p : 4; }
  const float* panel(long p) const { return data + p * 4 * W * depth; }
};
template <class Layout>
Transposed pack_transposed(Team& team, Scratch& scratch, const float* w, long rows, long hidden) {
  constexpr int N = Layout::N;
  const long panels = Layout::panels(hidden), width = Layout::gates * hidden;
  const Transposed t{nullptr, panels * N * W, ceil_div(rows, W)};
  float* const packed = scratch.floats(t.depth * t.vectors * W);
  each(team, t.vectors, [&](long m) {
    const long wide = t.columns(m / 4) * W;
    float* const to = packed + m / 4 * 4 * W * t.depth + m % 4 * W;
    float block[W][W];  // read by rows, written by columns
    for (long p = 0; p < panels; ++p) {
      for (int v = 0; v < N; ++v) {
        const Place at = place<Layout>(p, v, hidden);
        for (long i = 0; i < W; ++i) {
          const bool real = m * W + i < rows && at.width;
          store(block[i], real ? load(w + (m * W + i) * width + at.column, at.width) : V{});
        }
        float* line = to + (p * N + v) * W * wide;
        for (long j = 0; j < W; ++j, line += wide) {
          V turned;
#pragma GCC unroll 16
          for (int i = 0; i < W; ++i) turned[i] = block[i][j];
          store(line, turned);
        }
      }
    }
  });
  return {packed, t.depth, t.vectors};
}

}  // namespace
