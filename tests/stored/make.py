"""Write a small archive as the version at hand makes it: `python -m tests.stored.make` in the project's root.

The file is called `archive-REVISION.db.xz` by the revision of its schema, and stands beside this script. Run it before
a release whose schema is new, and never overwrite an older file: `test_migrations.py` opens each that is here, so
that an archive of any released version can still be read. Articles, times and addresses are those of `storage.py`.
"""

from __future__ import annotations

import lzma
import tempfile
from datetime import timedelta
from pathlib import Path

from newsarchive.db import schema
from newsarchive.db.engine import close_all, open_engine
from newsarchive.db.writing.store import Store
from newsarchive.items import Quality
from tests.support.storage import START, make_article, rich_article

FOLDER = Path(__file__).parent


def make(file: Path) -> str:
    """An archive of four articles; gives the revision of its schema.

    One article has two versions, one has something in every table that an article fills, one is written without
    spaces, and one waits in quarantine.
    """
    engine = open_engine(str(file))
    schema.upgrade(engine)
    store = Store(engine, clock=lambda: START)
    run = store.start_run("news", {"site": "blog.example"})
    store.ingest([make_article(1, body="A quagga.\n\nIt is seen."), rich_article()], run_id=run)
    store.ingest([make_article(2, body="總統今天在台北表示", in_language="zh")], run_id=run)
    store.ingest([make_article(3, body="A doubtful quagga.", quality=Quality(confidence=0.3))], run_id=run)
    store.finish_run(run, "finished", {"item_scraped_count": 4})
    later = Store(engine, clock=lambda: START + timedelta(days=1))
    later.ingest([make_article(1, body="A quagga.\n\nIt is seen no more.", day=1)])
    revision = schema.current(engine)
    schema.vacuum(engine)
    engine.dispose()
    assert revision is not None
    return revision


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "archive.db"
        name = f"archive-{make(made)}.db.xz"
        close_all()
        if (FOLDER / name).exists():
            raise SystemExit(f"{name} exists: it shows what an older version wrote, and stays as it is")
        (FOLDER / name).write_bytes(lzma.compress(made.read_bytes(), preset=9))
