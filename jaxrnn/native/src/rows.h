// Which row of which array a step reads: the state held over padding, or replaced where it starts anew.
#pragma once

#include "sequence.h"
#include "tile.h"

namespace {

using jaxrnn::Sequence;

JAXRNN_INLINE long step_of(const Sequence& s, long travel) {
  return s.reverse ? s.steps - 1 - travel : travel;
}
JAXRNN_INLINE bool is_valid(const Sequence& s, long row) { return !s.valid || s.valid[row]; }
JAXRNN_INLINE bool is_start(const Sequence& s, long row) { return s.starts && s.starts[row]; }

// The step whose state enters this one, for every step: its t, or one of these two.
constexpr int kInitial = -1, kAnew = -2;

inline void trace_rows(const Sequence& s, int* source, long first, long last) {
  for (long b = first; b < last; ++b) {
    int from = kInitial;
    for (long i = 0; i < s.steps; ++i) {
      const long t = step_of(s, i), row = t * s.batch + b;
      if (is_start(s, row)) from = kAnew;
      source[row] = from;
      if (is_valid(s, row)) from = static_cast<int>(t);
    }
  }
}

// source is null when neither `valid` nor `starts` is given
JAXRNN_INLINE int source_of(const Sequence& s, const int* source, long t, long b) {
  if (source) return source[t * s.batch + b];
  if (s.reverse) return t + 1 < s.steps ? static_cast<int>(t + 1) : kInitial;
  return static_cast<int>(t - 1);
}

JAXRNN_INLINE const float* state_row(const Sequence& s, int source, long b, const float* over_time,
                                     const float* initial, const float* anew) {
  if (source >= 0) return over_time + (source * s.batch + b) * s.hidden;
  return (source == kAnew ? anew : initial) + b * s.hidden;
}

}  // namespace
