"""`scrapy crawl` as benchmarks start it: a process of its own, its archive in one SQLite file, no politeness."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def start(database: Path, spider: str, *words: str) -> subprocess.Popen[str]:
    """Begin a crawl; `words` are spider arguments (`url=…`) or Scrapy's own options."""
    command = [sys.executable, "-m", "scrapy", "crawl", spider]
    for word in words:
        command += [word] if word.startswith("-") else ["-a", word]
    command += ["-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0"]
    command += ["-s", "TWISTED_DNS_RESOLVER=benchmarks.hosts.Resolver"]
    environment = os.environ | {
        "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
        "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{database.absolute()}",
        "NEWSARCHIVE_ALLOW_PRIVATE": "127.0.0.0/8",  # the names of `benchmarks.hosts`
        "NEWSARCHIVE_CONTACT": "https://newsarchive.example/benchmark",
        "NO_PROXY": "*",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen(
        command,
        cwd=database.absolute().parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def crawl(database: Path, spider: str, *words: str, timeout: float = 1800) -> str:
    """Crawl to the end; what it printed. Ends the benchmark, with what it said, where the crawl fails."""
    process = start(database, spider, *words)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        sys.exit(f"scrapy crawl {spider} {' '.join(words)} took more than {timeout:.0f} seconds")
    if process.returncode != 0:
        sys.exit(f"scrapy crawl {spider} {' '.join(words)} ended with {process.returncode}:\n{err[-2000:]}")
    return out
