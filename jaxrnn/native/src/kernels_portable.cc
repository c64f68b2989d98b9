// Whatever the compiler makes of vectors of four floats: SSE2 on x86-64, NEON on ARM.
#include "team.h"

#define JAXRNN_WIDTH 4
#define JAXRNN_KERNELS kernels_portable
#include "kernels.h"
