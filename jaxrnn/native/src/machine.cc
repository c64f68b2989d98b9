#include "machine.h"

#include <atomic>
#include <cstring>

namespace jaxrnn {

namespace {

bool anywhere() { return true; }
#ifdef __x86_64__
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}
#endif

// the widest first
const Machine kMachines[] = {
#ifdef __x86_64__
    {"avx512", &kernels_avx512, has_avx512},
    {"avx2", &kernels_avx2, has_avx2},
#endif
    {"portable", &kernels_portable, anywhere},
};

std::atomic<const Machine*> chosen{nullptr};

}  // namespace

const Machine& machine() {
  const Machine* one = chosen.load();
  if (!one) {
    for (one = kMachines; !one->runs_here(); ++one) {
    }
    chosen.store(one);
  }
  return *one;
}

}  // namespace jaxrnn

const char* jaxrnn_machine() { return jaxrnn::machine().name; }

int jaxrnn_choose_machine(const char* name) {
  for (const jaxrnn::Machine& one : jaxrnn::kMachines) {
    if (std::strcmp(one.name, name) == 0 && one.runs_here()) {
      jaxrnn::chosen.store(&one);
      return 1;
    }
  }
  return 0;
}
