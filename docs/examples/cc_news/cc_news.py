"""Articles out of many WARC files, such as a month of CC-NEWS, on all machines of a Ray cluster: one Parquet file for each WARC file.

    python cc_news.py 'CC-NEWS-202603*.warc.gz' articles/ --workers 2
    python cc_news.py 'CC-NEWS-202603*.warc.gz' articles/ --without-ray

Ray hands out files, starts processes on its machines, and gives a file to another process where one is killed. What happens to a page is
newsarchive's pure core, the same as in a crawl: bytes in, article out. No archive and no Scrapy take part, so nothing is compared with
other pages: no copies are found, and no template of a site is learned.

A file is done when its Parquet file has its own name. The same command given again goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from glob import escape, glob
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from newsarchive import row, rules
from newsarchive.core.steps import article_from
from newsarchive.exceptions import NotAnArticle
from newsarchive.export.frames import SCHEMA
from newsarchive.warc.reader import Damage, captures

#: Articles that are in memory together, and stand in one row group.
MAX_ROW_GROUP_ARTICLES = 500
#: Times that Ray gives a file to another process where one was killed (for want of memory, for instance). A page that kills each of
#: them leaves its file undone, and the others go on.
MAX_RETRIES = 2
#: Seconds between two looks for files that are done.
LOOK_SECONDS = 60.0
#: Bytes of Ray's shared memory. Files are read by the workers themselves and only counts come back: the least that Ray takes is enough.
OBJECT_STORE_BYTES = 80 * 2**20


def rows_of(path: Path, counts: Counter[str]) -> Iterator[dict[str, Any]]:
    """The flat row of each article in a WARC file; `counts` says what became of all its records."""
    held = rules.default()
    for capture in captures(path):
        if isinstance(capture, Damage):
            counts["damaged record"] += 1
            continue
        if capture.status != 200 or "html" not in (capture.content_type or "html"):
            counts["no page"] += 1
            continue
        counts["pages"] += 1
        try:
            article = article_from(capture, held)
        except NotAnArticle as refused:
            counts[f"no article: {refused.reason}"] += 1
        except Exception as error:  # one page must not cost the 30,000 others of its file
            counts[f"crashed: {type(error).__name__}"] += 1
            logging.warning("%s: %s: %s: %s", path, capture.base_url, type(error).__name__, error)
        else:
            counts["articles"] += 1
            yield row(article)


def work(path: str, folder: str) -> dict[str, int | float | str]:
    """Write the articles of one WARC file to `folder`, and give what was counted. A file that is done is left as it is."""
    target = Path(folder) / f"{Path(path).name}.parquet"
    counts: Counter[str] = Counter()
    begun = time.process_time()
    if target.exists():
        return {"file": path, "done before": 1}
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.unfinished")
    with pq.ParquetWriter(unfinished, SCHEMA, compression="zstd") as out:
        found = rows_of(Path(path), counts)
        while rows := list(islice(found, MAX_ROW_GROUP_ARTICLES)):
            out.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
    unfinished.rename(target)
    for left in target.parent.glob(f"{escape(target.name)}.*.unfinished"):  # by a process that was killed
        left.unlink(missing_ok=True)
    return {"file": path, **counts, "CPU seconds": round(time.process_time() - begun, 2)}


def with_ray(
    paths: Iterable[str], folder: str, workers: int | None
) -> Iterator[dict[str, int | float | str]]:
    """The same for many files on a Ray cluster: the one that `RAY_ADDRESS` names, else this machine with the number of `workers`."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # by default Ray tells its makers of each cluster
    import ray

    if os.environ.get("RAY_ADDRESS"):
        ray.init(log_to_driver=True)
    else:
        ray.init(num_cpus=workers, object_store_memory=OBJECT_STORE_BYTES, include_dashboard=False)
    try:
        remote = ray.remote(num_cpus=1, max_retries=MAX_RETRIES)(work)
        waiting = {remote.remote(path, folder): path for path in paths}
        while waiting:
            done, _ = ray.wait(list(waiting), num_returns=1, timeout=LOOK_SECONDS)
            for one in done:
                path = waiting.pop(one)
                try:
                    yield ray.get(one)
                except ray.exceptions.RayError as error:
                    yield {"file": path, "failed": str(error).splitlines()[0]}
    finally:
        ray.shutdown()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", help="WARC files, as a pattern")
    parser.add_argument(
        "folder", help="where the Parquet files go; on a cluster a folder that all machines share"
    )
    parser.add_argument("--workers", type=int, help="processes on this machine (default: one for each core)")
    parser.add_argument("--without-ray", action="store_true", help="one file after the other in this process")
    options = parser.parse_args()
    Path(options.folder).mkdir(parents=True, exist_ok=True)
    folder, paths = (
        str(Path(options.folder).absolute()),
        [str(Path(path).absolute()) for path in sorted(glob(options.files))],
    )
    if not paths:
        parser.error(f"{options.files}: no such file")
    found = (
        (work(path, folder) for path in paths)
        if options.without_ray
        else with_ray(paths, folder, options.workers)
    )
    failed = 0
    out, sys.stdout = sys.stdout, sys.stderr  # what Ray says of its processes is no line of JSON
    for counts in found:
        out.write(f"{json.dumps(counts)}\n")
        out.flush()
        failed += "failed" in counts
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
