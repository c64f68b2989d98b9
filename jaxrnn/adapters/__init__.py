"""Our networks inside other frameworks: `jaxrnn.adapters.nnx` and `jaxrnn.adapters.linen`.

Nothing is imported here, so each framework is loaded only by the module that needs it.
"""
