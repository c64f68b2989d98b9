// Read once for each kind of machine, with JAXRNN_WIDTH and JAXRNN_KERNELS set.
#include "elman.h"
#include "gru.h"
#include "lstm.h"

const jaxrnn::Kernels jaxrnn::JAXRNN_KERNELS = {
    forward<LSTM>, backward<LSTM>, forward<GRU>, backward<GRU>, forward<Elman>, backward<Elman>,
};
