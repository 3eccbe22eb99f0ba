"""How many sites are crawled at the same time, by the memory of a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsarchive.cli.options import sites_at_once
from newsarchive.spider_processes.memory import MAX_AUTO_JOBS, jobs_by_memory

GB = 1_000_000_000
FREE = {"proc/meminfo": "MemTotal: 8000000 kB\nMemFree: 100 kB\nMemAvailable: 7000000 kB\n"}


@pytest.mark.parametrize(
    ("files", "jobs"),
    [
        pytest.param({}, MAX_AUTO_JOBS, id="nothing known"),
        pytest.param(FREE, MAX_AUTO_JOBS, id="much memory"),
        pytest.param({"proc/meminfo": "MemAvailable:   900000 kB\n"}, 1, id="a board of 1 GB"),
        pytest.param({"proc/meminfo": "MemAvailable: 1800000 kB\n"}, 3, id="a board of 2 GB"),
        pytest.param({"proc/meminfo": "MemAvailable: 90000 kB\n"}, 1, id="nearly nothing"),
        pytest.param(FREE | {"proc/self/cgroup": "0::/user/crawl\n", "sys/fs/cgroup/user/memory.max": f"{GB}\n",
                             "sys/fs/cgroup/user/crawl/memory.max": "max\n"}, 2, id="the group around, version 2"),
        pytest.param(FREE | {"proc/self/cgroup": "7:cpu:/a\n4:memory:/docker/a\n0::/\n",
                             "sys/fs/cgroup/memory/memory.limit_in_bytes": "512000000"}, 1, id="a container, version 1"),
        pytest.param(FREE | {"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": str(2**63 - 4096)},
                     MAX_AUTO_JOBS, id="no limit, version 1"),
        pytest.param(FREE | {"proc/self/cgroup": "strange\n"}, MAX_AUTO_JOBS, id="an unknown form"),
    ],
)  # fmt: skip
def test_the_memory_at_hand_tells_the_number(tmp_path: Path, files: dict[str, str], jobs: int) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert jobs_by_memory(tmp_path) == jobs


@pytest.mark.parametrize(("setting", "jobs"), [("7", 7), ("auto", 3)])
def test_a_number_in_the_settings_counts_more(
    monkeypatch: pytest.MonkeyPatch, setting: str, jobs: int
) -> None:
    monkeypatch.setenv("NEWSARCHIVE_JOBS", setting)
    monkeypatch.setattr("newsarchive.spider_processes.memory.jobs_by_memory", lambda: 3)
    assert sites_at_once() == jobs
