"""How many sites the memory of this machine allows to crawl at the same time."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path, PurePosixPath

#: Bytes that the crawl of a large site takes with all its processes (`docs/benchmarks/crawl-speed.md`). Small sites take less.
BYTES_A_SITE = 500_000_000
#: Sites at the same time where the memory allows more.
MAX_AUTO_JOBS = 4
#: The files in which a group of processes (cgroup) has its limit: in the hierarchy of version 2, and of version 1.
_LIMITS = (("", "", "memory.max"), ("memory", "memory", "memory.limit_in_bytes"))


def jobs_by_memory(root: Path = Path("/")) -> int:
    """Sites to crawl at the same time: one for each `BYTES_A_SITE` at hand, from 1 to `MAX_AUTO_JOBS`. `root` is the folder with
    `/proc` and `/sys`; where they are not there (macOS, Windows) the number is `MAX_AUTO_JOBS`."""
    at_hand = bytes_at_hand(root)
    return MAX_AUTO_JOBS if at_hand is None else max(1, min(MAX_AUTO_JOBS, at_hand // BYTES_A_SITE))


def bytes_at_hand(root: Path) -> int | None:
    """The memory that the machine has left, or the limit of a group that this process belongs to, whichever is less; `None`
    where neither is known."""
    found = [*_available(root), *_limits(root)]
    return min(found, default=None)


def _available(root: Path) -> list[int]:
    lines = _text(root / "proc/meminfo").splitlines()
    return [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]


def _limits(root: Path) -> list[int]:
    """The limits of the group of this process and of the groups around it. In a container they stand at the root of the hierarchy."""
    found = []
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        for controller, folder, name in _LIMITS:
            if controller in controllers.split(","):
                group = PurePosixPath(path.lstrip("/"))
                places = (root / "sys/fs/cgroup" / folder / one / name for one in (group, *group.parents))
                found += [int(text) for place in places if (text := _text(place).strip()).isdigit()]
    return found


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")
    return ""
