"""The numbers of an archive in Prometheus' text format, for `--metrics FILE` and for `/metrics` of `newsarchive web`.

# HELP newsarchive_articles_total Articles that were stored.
# TYPE newsarchive_articles_total counter
newsarchive_articles_total{site="blog.example"} 812
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from newsarchive.db.reading.metrics import samples
from newsarchive.exceptions import OutputError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.db.readonly import File

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def text(source: File | Engine) -> str:
    """All metrics of an archive. Raises `DatabaseError`."""
    lines = []
    for metric, found in samples(source):
        lines += [f"# HELP {metric.name} {metric.meaning}", f"# TYPE {metric.name} {metric.kind}"]
        for labels, value in found:
            pairs = ",".join(
                f'{name}="{label.translate(_ESCAPES)}"'
                for name, label in zip(metric.labels, labels, strict=True)
            )
            lines.append(f"{metric.name}{'{' + pairs + '}' if pairs else ''} {value:.15g}")
    return "\n".join(lines) + "\n"


def write(source: File | Engine, file: Path) -> None:
    """Replace a file by the metrics in one step: who reads it meanwhile has the old or the new ones whole.

    Raises `OutputError` where it cannot be written, `DatabaseError` where the archive cannot be read.
    """
    content = text(source).encode()
    scratch = ""
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as out:
            scratch = out.name
            out.write(content)
            os.fchmod(out.fileno(), 0o644)  # another user's exporter reads it
        os.replace(scratch, file)
    except OSError as error:
        if scratch:
            Path(scratch).unlink(missing_ok=True)
        raise OutputError(f"{file}: the metrics cannot be written: {error.strerror}") from error
