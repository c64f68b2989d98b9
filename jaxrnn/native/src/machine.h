// Which of the compiled kernels this machine runs: the widest it can, unless a test chooses.
#pragma once

#include "sequence.h"

namespace jaxrnn {

struct Machine {
  const char* name;
  const Kernels* kernels;
  bool (*runs_here)();
};

const Machine& machine();

}  // namespace jaxrnn

extern "C" {
// The name of the machine in use.
const char* jaxrnn_machine();
// Takes another one: 0 if it is not compiled in or cannot run here. For tests.
int jaxrnn_choose_machine(const char* name);
}
