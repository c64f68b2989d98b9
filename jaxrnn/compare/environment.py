"""What a comparison ran on: device, versions, date."""

import datetime
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["default_devices", "describe_environment", "select_device"]


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # the cores that we may use, where known
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def default_devices() -> list[Any]:
    """Return all devices of the platform on which arrays go now, whoever said so.

    Shapes: none.

        >>> len(default_devices()) > 0
        True
    """
    (device,) = jnp.zeros(()).devices()
    return jax.devices(device.platform)


def describe_environment() -> dict[str, Any]:
    """Return device, machine, versions and date as plain JSON values.

    Shapes: none.

        >>> sorted(describe_environment()["versions"])
        ['jax', 'jaxlib', 'jaxrnn', 'numpy', 'optax', 'python']
    """
    (device,) = jnp.zeros(()).devices()  # where arrays go now, whoever said so
    packages = {name: version(name) for name in ("jax", "jaxlib", "numpy", "optax")}
    # the running package, which may be another one than the installed; its root isn't imported here
    packages["jaxrnn"] = getattr(sys.modules["jaxrnn"], "__version__", "unknown")
    return {
        "platform": device.platform,
        "device": device.device_kind,
        "cpu": _cpu_model(),
        "cores": _cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **packages},
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def select_device(name: str) -> None:
    """Put everything from here on on a platform, single programs on its first device.

    "auto" leaves it to JAX.

    Shapes: none.
    Raises: ValueError naming the platforms there are.

        >>> select_device("auto")
    """
    if name == "cpu" and not os.environ.get("JAX_PLATFORMS"):
        # asked for before JAX looks around, it leaves the accelerators alone
        jax.config.update("jax_platforms", "cpu")
    try:
        devices = jax.devices() if name == "auto" else jax.devices(name)
    except RuntimeError as error:
        raise ValueError(f"select_device: no device {name!r}. {_available(error)}") from None
    if name != "auto":
        jax.config.update("jax_default_device", devices[0])


def _available(error: RuntimeError) -> str:
    limit = os.environ.get("JAX_PLATFORMS")
    note = f" JAX_PLATFORMS={limit} is set." if limit else ""
    platforms = set()
    for name in ("cpu", "gpu", "tpu"):
        try:
            platforms.update(device.platform for device in jax.devices(name))
        except RuntimeError:
            continue
    if not platforms:  # nothing starts at all: JAX knows why
        return f"JAX: {' '.join(str(error).split())}{note}"
    return f"Available: {', '.join(sorted(platforms))}.{note}"
