// Small products kept in registers: R rows by N vectors, and how many rows a tile may have.
#pragma once

#include "simd.h"

namespace {

// accumulators must leave registers for N weights and one broadcast
#if JAXRNN_WIDTH == 16 || defined(__aarch64__)
constexpr int most_rows(int n) { return n == 3 ? 8 : 6; }
#else
constexpr int most_rows(int n) { return n == 3 ? 4 : 3; }
#endif

constexpr int kAhead = 16;  // rows of weights asked for early: they may come from afar

template <int R, int N>
struct Tile {
  V v[R][N];
};

// += a[r][k] * w[k][n]: rows by pointer, weights packed [K][N*W]
template <int R, int N>
JAXRNN_INLINE void multiply(Tile<R, N>& t, const float* const (&a)[R], const float* w, long depth) {
#pragma GCC unroll 4
  for (long k = 0; k < depth; ++k, w += N * W) {
    V b[N];
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) {
      __builtin_prefetch(w + (kAhead * N + n) * W);
      b[n] = load(w + n * W);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const float x = a[r][k];
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) t.v[r][n] += x * b[n];
    }
  }
}

// += a[k][r] * b[k][n]: a sum over rows k of outer products, a packed [K][R]
template <int R, int N>
JAXRNN_INLINE void outer(Tile<R, N>& t, const float* a, const float* b, long stride, long depth) {
#pragma GCC unroll 2
  for (long k = 0; k < depth; ++k, a += R, b += stride) {
    V c[N];
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) c[n] = load(b + n * W);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) t.v[r][n] += a[r] * c[n];
    }
  }
}

template <int R, int N>
constexpr int rows_of(const Tile<R, N>&) { return R; }
template <int R, int N>
constexpr int vectors_of(const Tile<R, N>&) { return N; }

template <int R, int N>
JAXRNN_INLINE void load_tile(Tile<R, N>& t, const float* from, long stride) {
  for (int r = 0; r < R; ++r)
    for (int n = 0; n < N; ++n) t.v[r][n] = load(from + r * stride + n * W);
}
template <int R, int N>
JAXRNN_INLINE void store_tile(const Tile<R, N>& t, float* to, long stride) {
  for (int r = 0; r < R; ++r)
    for (int n = 0; n < N; ++n) store(to + r * stride + n * W, t.v[r][n]);
}

template <int R>
struct Rows {
  static constexpr int count = R;
};

// Calls run(first, Rows<height>) over `rows` rows cut into tiles of nearly equal height.
template <int Most, class Run>
JAXRNN_INLINE void cut(long rows, const Run& run) {
  const long tiles = (rows + Most - 1) / Most;
  for (long i = 0; i < tiles; ++i) {
    const long first = i * rows / tiles, height = (i + 1) * rows / tiles - first;
    switch (height) {
      case 1: run(first, Rows<1>()); break;
      case 2: run(first, Rows<2>()); break;
      case 3: run(first, Rows<3>()); break;
      case 4: if constexpr (Most >= 4) run(first, Rows<4>()); break;
      case 5: if constexpr (Most >= 5) run(first, Rows<5>()); break;
      case 6: if constexpr (Most >= 6) run(first, Rows<6>()); break;
      case 7: if constexpr (Most >= 7) run(first, Rows<7>()); break;
      case 8: if constexpr (Most >= 8) run(first, Rows<8>()); break;
    }
  }
}

}  // namespace
