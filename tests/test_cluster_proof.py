"""The proof of `benchmarks.cluster` in its short form: workers are killed at random moments, PostgreSQL is restarted and all
connections are cut, and each post is there once, each edit and deletion is seen, and no site is crawled by two workers at a time.

`python -m benchmarks.cluster --runs 20` is the whole one (docs/benchmarks/many-machines.md).
"""

from __future__ import annotations

import random
import secrets
from argparse import Namespace
from importlib.util import find_spec

import pytest

from tests.support.waiting import MAX_WAIT_SECONDS

pytestmark = [
    pytest.mark.slow,  # workers, and a server of its own
    pytest.mark.skipif(
        find_spec("procrastinate") is None or find_spec("psycopg") is None,
        reason="Procrastinate or psycopg is not installed: pip install 'newsarchive[cluster]'",
    ),
]


def test_a_cluster_loses_and_doubles_nothing_whatever_befalls_it() -> None:
    from benchmarks.cluster import proof

    seed = secrets.randbelow(10**6)  # other moments each time; a failure names those that it had
    options = Namespace(blogs=5, posts=4, workers=2, seconds=MAX_WAIT_SECONDS, log=None)
    outcome = proof(options, random.Random(seed))
    assert outcome.held, f"seed {seed}: {outcome.faults}"
