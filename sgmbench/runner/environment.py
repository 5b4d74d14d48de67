"""Where and with what a run was made."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import jax

PACKAGES = ("sgmbench", "jax", "jaxlib", "flax", "optax", "diffrax", "blackjax", "numpy", "scipy")


def environment() -> dict[str, Any]:
    """Versions, devices and the commit of the source, for run.json."""
    devices = jax.devices()
    return {
        "versions": {name: _version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "device": f"{len(devices)} x {_device_name(devices[0])}{_processes()}",
        "processor": _processor(),
        "precision": "solvers float64, parameters of networks float32",
        "commit": _commit(),
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _processes() -> str:
    return "" if jax.process_count() == 1 else f" in {jax.process_count()} processes"


def _device_name(device: Any) -> str:
    if device.platform != "cpu":
        return device.device_kind
    return f"CPU ({platform.machine()}, {os.cpu_count()} cores)"


def _processor() -> str:
    """The model of the host's processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _commit() -> str | None:
    """The commit of the source tree that the package was loaded from, with "+" where it was changed."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    try:
        describe = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
        return subprocess.run(describe, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
