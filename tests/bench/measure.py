"""Cost of one command."""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of ru_maxrss."""


WARM_BYTES = 2 << 30


@dataclass(frozen=True)
class Cost:
    """What a command cost: user and system seconds, seconds by the clock, peak bytes."""

    cpu: float
    wall: float
    peak: float
    written: str = ""
    """What the command wrote."""


def run(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    """Runs a command to its end. A failure raises with what the command wrote.

    The peak a child reports starts at that of the process that started it, so the process
    that measures imports nothing large.
    """
    started = time.perf_counter()
    child = subprocess.Popen(
        command, env=os.environ | (environment or {}), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    written = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nended with {child.returncode}:\n{written}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * RSS_UNIT, written)


def warm() -> None:
    """Touches as much memory as the largest peer takes.

    Virtual machines give free memory back to their host, and to touch it for the first time then costs up to
    a hundred times as much as to touch what another process has just freed. So that this hits nobody by
    chance, another process frees it right before each run that is measured.
    """
    touch = f"held = bytearray({WARM_BYTES}); held[::4096] = bytes([1]) * len(held[::4096])"
    subprocess.run([sys.executable, "-c", touch], check=True)


def median(costs: list[Cost]) -> Cost:
    """The median of each figure on its own."""
    return Cost(*(statistics.median(getattr(cost, figure) for cost in costs)
                  for figure in ("cpu", "wall", "peak")))
