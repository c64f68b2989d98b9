"""The compiled CPU engine: whole sequences in float32, forward and backward, through `jax.ffi`.

Three functions, each as `jaxrnn.scan` computes it and differentiable in reverse mode; the second
derivative goes through `jax.lax.scan`. It is there if a C++ compiler was when the package was
installed; `absent` tells. Nothing chooses it by itself. Up to 64 MiB of working memory is kept from
one call to the next.
"""

from jaxrnn.native.cells import elman, gru, lstm
from jaxrnn.native.library import absent, choose_machine, machine

__all__ = ["absent", "choose_machine", "elman", "gru", "lstm", "machine"]
