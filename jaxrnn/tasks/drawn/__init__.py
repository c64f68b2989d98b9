"""Sequences drawn from a definition: what a memory of given length is needed for."""
