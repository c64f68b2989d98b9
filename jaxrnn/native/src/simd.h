// A vector of W floats, written with the vector extensions of GCC and Clang, and what cells need of it.
//
// This header has no include guard of its own kind of machine: it is read once by each of kernels_*.cc,
// which has set JAXRNN_WIDTH (and the target) before. Everything is in an unnamed namespace: code made
// for one machine must never be merged by the linker with code made for another.
#pragma once

#include <cstring>

#define JAXRNN_INLINE inline __attribute__((always_inline))

namespace {

constexpr int W = JAXRNN_WIDTH;
typedef float V __attribute__((vector_size(4 * W)));
typedef int I __attribute__((vector_size(4 * W)));
typedef V Loose __attribute__((aligned(4), may_alias));  // a vector anywhere in memory

JAXRNN_INLINE V load(const float* p) { return *reinterpret_cast<const Loose*>(p); }
JAXRNN_INLINE void store(float* p, V v) { *reinterpret_cast<Loose*>(p) = v; }
JAXRNN_INLINE V all(float x) { return x - V{}; }

// The first n of W numbers; the others are 0 and are not touched in memory.
inline V load_part(const float* p, long n) {
  float part[W] = {};
  for (long i = 0; i < n; ++i) part[i] = p[i];
  return load(part);
}
inline void store_part(float* p, V v, long n) {
  float part[W];
  store(part, v);
  for (long i = 0; i < n; ++i) p[i] = part[i];
}
JAXRNN_INLINE V load(const float* p, long n) { return n >= W ? load(p) : load_part(p, n); }
JAXRNN_INLINE void store(float* p, V v, long n) { n >= W ? store(p, v) : store_part(p, v, n); }

JAXRNN_INLINE V as_float(I i) { V v; std::memcpy(&v, &i, sizeof v); return v; }
JAXRNN_INLINE I as_int(V v) { I i; std::memcpy(&i, &v, sizeof i); return i; }
// a comparison with NaN is false, so NaN stays
JAXRNN_INLINE V at_most(V x, float top) { return x > all(top) ? all(top) : x; }
JAXRNN_INLINE V at_least(V x, float low) { return x < all(low) ? all(low) : x; }

// exp(x) = 2^n (1 + p), |x| < 88: n the nearest integer to x / ln 2, p = exp(r) - 1 of the rest r.
struct Power {
  V two_n, p;
};
JAXRNN_INLINE Power power(V x) {
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds, and leaves n in the low bits
  V shifted = x * 1.44269504f + magic;
  V n = shifted - magic;
  V r = x - n * 0.693145752f;
  r = r - n * 1.42860677e-6f;
  V q = r * 1.9875691500e-4f + 1.3981999507e-3f;
  q = q * r + 8.3334519073e-3f;
  q = q * r + 4.1665795894e-2f;
  q = q * r + 1.6666665459e-1f;
  q = q * r + 5.0000001201e-1f;
  return {as_float((as_int(shifted) << 23) + 0x3f800000), (q * r) * r + r};
}

JAXRNN_INLINE V sigmoid(V x) {
  Power e = power(at_least(at_most(-x, 87.0f), -87.0f));
  return 1.0f / (1.0f + (e.two_n + e.two_n * e.p));
}

// through exp(2|x|) - 1, which keeps its digits near 0
JAXRNN_INLINE V tanh(V x) {
  const I sign = as_int(x) & static_cast<int>(0x80000000u);
  Power e = power(at_most(2.0f * as_float(as_int(x) & 0x7fffffff), 40.0f));
  V m = e.two_n * e.p + (e.two_n - 1.0f);
  return as_float(as_int(m / (m + 2.0f)) | sign);
}

}  // namespace
