"""The rooms of the house: imports point downwards, there is no cycle, the root is not imported."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "jaxrnn"

# a room may import from its own layer or a lower one (docs/architecture.md)
LAYERS = {
    "arrays": 0, "cell": 0, "checks": 0, "compiled": 0, "files": 0, "initializers": 0,
    "numerics": 0, "randomness": 0, "spelling": 0, "strict_json": 0, "tensor_file": 0,
    "treemath": 0,
    "cells": 1,
    "drivers": 2, "engines": 2, "native": 2,
    "gradients": 3,
    "models": 4,
    "data": 5, "training": 5, "interop": 5,
    "tasks": 6, "embeddings": 6, "compare": 6, "diagnose": 6, "report": 6, "runs": 6,
    "cli": 7,
    "adapters": 8, "testing": 8,
}  # fmt: skip
EDGE = 8  # nothing imports these rooms, except each itself

FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path):
    """Yield the jaxrnn modules that a file imports, wherever in the file."""
    names = {module_name(f) for f in FILES}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "jaxrnn":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in names else node.module
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "jaxrnn")


def room(module):
    return module.split(".")[1] if "." in module else "the root"


INSIDE = [path for path in FILES if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", INSIDE, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path):
    own = room(module_name(path))
    for module in imports_of(path):
        assert module != "jaxrnn", f"{path} imports the package root"
        target = room(module)
        assert LAYERS[target] <= LAYERS[own], f"{own} imports {module}, a higher layer"
        assert LAYERS[target] < EDGE or target == own, f"{own} imports {module}, an edge room"


def test_every_room_has_a_layer():
    rooms = {room(module_name(path)) for path in INSIDE if "__main__" not in path.name}
    assert rooms == set(LAYERS), rooms ^ set(LAYERS)


def test_there_is_no_cycle():
    graph = {module_name(path): set(imports_of(path)) for path in FILES}

    def visit(module, above):
        assert module not in above, " -> ".join([*above, module])
        if module not in done:
            for below in graph.get(module, ()):
                # a package's own files may be imported before the package is complete
                if not module.startswith(below + "."):
                    visit(below, [*above, module])
            done.add(module)

    done: set[str] = set()
    for module in graph:
        visit(module, [])


def test_importing_jaxrnn_is_light():
    code = (
        "import sys, jax, jaxrnn\n"
        "heavy = set('flax torch onnx keras matplotlib optax sklearn hypothesis '\n"
        "            'tokenizers yaml tensorboardX'.split())\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
