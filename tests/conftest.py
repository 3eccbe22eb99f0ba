"""Fixtures that several test files share."""

from pathlib import Path

import pytest


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Where a test's archive goes; nothing is there yet."""
    return tmp_path / "archive.db"
