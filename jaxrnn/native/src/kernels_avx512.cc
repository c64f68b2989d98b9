// AVX-512. Headers of the standard library come before the target is set: what they define may be shared.
#ifdef __x86_64__
#include "sequence.h"
#include "team.h"

#include <cstring>

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")
#endif

#define JAXRNN_WIDTH 16
#define JAXRNN_KERNELS kernels_avx512
#include "kernels.h"

#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
