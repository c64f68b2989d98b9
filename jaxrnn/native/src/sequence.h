// What a call is given and must fill: plain pointers, the same for every machine. Arrays are dense,
// time-major; G is the number of gates, S of arrays kept for the backward pass. Null means absent.
#pragma once

namespace jaxrnn {

struct Sequence {
  long steps, batch, inputs, hidden;  // T, B, D, H
  bool reverse;
  const float* w_x;         // [D, G*H]
  const float* w_h;         // [H, G*H]
  const float* b;           // [G*H] or null
  const float* b_hn;        // [H] or null (GRU)
  const float* h0;          // [B, H]
  const float* c0;          // [B, H] (LSTM)
  const float* anew_h;      // [B, H]: what the state becomes where `starts`
  const float* anew_c;      // [B, H] (LSTM)
  const float* xs;          // [T, B, D]
  const bool* valid;        // [T, B] or null
  const bool* starts;       // [T, B] or null
};

struct Forward {
  float* h;      // [B, H] after the last step
  float* c;      // [B, H] (LSTM)
  float* ys;     // [T, B, H]
  float* gates;  // [T, B, S*H] or null
  float* cells;  // [T, B, H] or null (LSTM)
};

struct Backward {
  const float* ys;
  const float* gates;
  const float* cells;
  const float* d_h;   // cotangents of h, c, ys
  const float* d_c;
  const float* d_ys;
  float* w_x;         // gradients; null where nobody asked
  float* w_h;
  float* b;
  float* b_hn;
  float* h0;
  float* c0;
  float* anew_h;
  float* anew_c;
  float* xs;
};

class Team;

struct Kernels {
  void (*lstm)(const Sequence&, const Forward&, Team&);
  void (*lstm_back)(const Sequence&, const Backward&, Team&);
  void (*gru)(const Sequence&, const Forward&, Team&);
  void (*gru_back)(const Sequence&, const Backward&, Team&);
  void (*elman)(const Sequence&, const Forward&, Team&);
  void (*elman_back)(const Sequence&, const Backward&, Team&);
};

extern const Kernels kernels_portable;
#ifdef __x86_64__
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;
#endif

}  // namespace jaxrnn
