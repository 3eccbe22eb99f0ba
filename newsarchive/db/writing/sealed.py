"""Takes the texts of an article out of the tables into one packed value, and puts them back.

A withheld article must not be found by any query, not even by one that somebody writes next year. So its texts leave
the tables: the rows of its authors, lines, repairs and so on are deleted, and the texts of its own row and of its
versions are emptied. A shell with numbers, times and addresses remains and keeps the article's id. `seal` gives all
that was taken as one packed value. `unseal` writes it back: every table is then as it was, byte for byte, unless
another row was given one of the ids meanwhile.

A line, an author or a tag that only this article has is taken too. One that another article has as well stays.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, bindparam, delete, select, update

from newsarchive.compression import compress, decompress
from newsarchive.db import bulk, fulltext
from newsarchive.db.models import (
    ArticleAuthor,
    ArticleOrigin,
    ArticleRow,
    ArticleTerm,
    AuthorRow,
    Base,
    BlockLabel,
    CorrectionRow,
    DroppedLine,
    EditRow,
    FieldChange,
    ImageRow,
    Line,
    LineSighting,
    OriginRow,
    PageSighting,
    ParaphraseRow,
    Revision,
    SourceTextRow,
    Term,
    Url,
)
from newsarchive.db.models.base import WITHHELD, Compressed, CompressedJson, values_once
from newsarchive.db.rows import next_hash
from newsarchive.items import DropReason

Row = dict[str, Any]

#: What the shell of an article has in place of its texts.
_EMPTY_ARTICLE: Row = values_once(WITHHELD, ArticleRow)
#: What an emptied version has in place of its texts.
_EMPTY_VERSION: Row = values_once(WITHHELD, Revision)
#: The state of a URL whose post is withheld: crawls leave it alone.
_SKIPPED: Row = {
    "state": "skipped",
    "reason": DropReason.WITHHELD.value,
    "reason_detail": "",
    "next_check_at": None,
}
#: Tables whose rows belong to an article, a version or a URL, by the column that says to which. Rows are put back in this order.
_OWNED: tuple[tuple[type[Base], tuple[str, ...], str], ...] = (
    (ArticleAuthor, ("article_id",), "articles"),
    (ArticleTerm, ("article_id",), "articles"),
    (ImageRow, ("article_id",), "articles"),
    (ArticleOrigin, ("article_id",), "articles"),
    (FieldChange, ("article_id",), "articles"),
    (CorrectionRow, ("article_id",), "articles"),
    (PageSighting, ("article_id",), "articles"),
    (LineSighting, ("article_id",), "articles"),
    (ParaphraseRow, ("a_id", "b_id"), "articles"),
    (EditRow, ("revision_id",), "article_revisions"),
    (DroppedLine, ("revision_id",), "article_revisions"),
    (SourceTextRow, ("url_id",), "urls"),
)
#: Tables to which such rows refer, each with the columns that tell two of its rows apart: a row may be gone, or have
#: another id, when the article's rows are put back.
_REFERRED: tuple[tuple[type[Base], tuple[str, ...], type[Base], str], ...] = (
    (AuthorRow, ("name", "kind"), ArticleAuthor, "author_id"),
    (Term, ("kind", "name"), ArticleTerm, "term_id"),
    (OriginRow, ("name", "domain"), ArticleOrigin, "origin_id"),
    (BlockLabel, ("kind", "rule"), DroppedLine, "label_id"),
)


def skipped(article_id: int) -> Row:
    """The columns of a URL whose post is withheld; they name the article, so that all its URLs are found again."""
    return _SKIPPED | {"reason_detail": f"article {article_id}"}


def seal(connection: Connection, article_id: int, url_ids: Sequence[int], lines: set[int]) -> bytes:
    """Take the texts of an article and of its URLs out of the tables; gives them packed.

    The numbers of the lines that it left out are added to `lines`. The caller calls `forget_lines` once, after the last article:
    that reads all rows of left-out lines, three seconds in an archive of 300,000 articles.
    """
    articles = _select(connection, ArticleRow, "id", [article_id])
    versions = _select(connection, Revision, "article_id", [article_id])
    urls = _select(connection, Url, "id", url_ids)
    keys = {
        "articles": [article_id],
        "article_revisions": [row["id"] for row in versions],
        "urls": list(url_ids),
    }
    taken: dict[str, list[Row]] = {}
    for model, columns, owner in _OWNED:
        own: dict[tuple[Any, ...], Row] = {}
        for column in columns:
            own |= {_key(model, row): row for row in _select(connection, model, column, keys[owner])}
        taken[_name(model)] = list(own.values())
    for model, _, user, column in _REFERRED:
        wanted = {row[column] for row in taken[_name(user)]}
        taken[_name(model)] = _select(connection, model, "id", sorted(wanted))
    own_lines = {row["line_hash"] for row in taken["dropped_lines"]}
    lines |= own_lines
    taken["lines"] = _select(connection, Line, "hash", sorted(own_lines))
    for model, columns, owner in _OWNED:
        for column in columns:
            _delete(connection, model, column, keys[owner])
    # Authors and tags that no other article has go too: a tag with the name of a person says what the article was about.
    for model, _, user, column in _REFERRED:
        if model in (AuthorRow, Term):
            ids = {row["id"] for row in taken[_name(model)]}
            used = {row[column] for row in _select(connection, user, column, ids)}
            _delete(connection, model, "id", ids - used)
    for model, rows, empty in (
        (ArticleRow, articles, _EMPTY_ARTICLE), (Revision, versions, _EMPTY_VERSION), (Url, urls, _SKIPPED)
    ):  # fmt: skip
        taken[_name(model)] = [{key: row[key] for key in ("id", *empty)} for row in rows]
    packed = _packed(taken)
    _blank(connection, ArticleRow, _EMPTY_ARTICLE, [article_id])
    _blank(connection, Revision, _EMPTY_VERSION, keys["article_revisions"])
    _blank(connection, Url, skipped(article_id), url_ids)
    fulltext.index(connection, [{"article_id": article_id, "headline": "", "article_body": ""}])
    return packed


def unseal(connection: Connection, taken: Mapping[str, list[Row]]) -> None:
    """Put back what `seal` took, `unpacked`."""
    #: Column → the id that an author, term and so on had → its id now.
    new_ids: dict[str, dict[int, int]] = {}
    for model, unique, _, column in _REFERRED:
        rows = taken[_name(model)]
        _insert(connection, model, rows)
        ids = bulk.ids_of(connection, model, unique, rows)
        new_ids[column] = {row["id"]: ids[tuple(row[name] for name in unique)] for row in rows}
    new_lines = _put_back_lines(connection, taken["lines"])
    for model, _, _ in _OWNED:
        rows = taken[_name(model)]
        for _, _, user, column in _REFERRED:
            if user is model:
                rows = [row | {column: new_ids[column][row[column]]} for row in rows]
        if model is DroppedLine:
            rows = [row | {"line_hash": new_lines[row["line_hash"]]} for row in rows]
        _put_back(connection, model, rows)
    for model in (ArticleRow, Revision, Url):
        if rows := taken[_name(model)]:
            table = _raw(model)
            names: dict[str, Any] = {name: bindparam(f"b_{name}") for name in rows[0] if name != "id"}
            statement = update(table).where(table.c.id == bindparam("b_id")).values(names)
            values = [{f"b_{name}": value for name, value in row.items()} for row in rows]
            bulk.execute_many(connection, statement, values)
    texts = [
        {"article_id": row["id"], "headline": row["headline"], "article_body": row["article_body"]}
        for row in taken["articles"]
    ]
    fulltext.index(connection, texts)


def forget_lines(connection: Connection, hashes: Iterable[int]) -> None:
    """Delete those of these lines that no version refers to any more."""
    gone = set(hashes)
    for part in bulk.parts(set(gone)):
        query = "SELECT DISTINCT line_hash FROM dropped_lines WHERE line_hash IN :hashes"
        gone -= {number for (number,) in bulk.select_tuples(connection, query, {"hashes": part})}
    _delete(connection, Line, "hash", sorted(gone))


# -- putting back --------------------------------------------------------------------------------


def _put_back_lines(connection: Connection, rows: Sequence[Row]) -> dict[int, int]:
    """The number that a line had → its number now: another text may have taken the old one."""
    found: dict[int, int] = {}
    for row in rows:
        number = row["hash"]
        while True:
            _insert(connection, Line, [{"hash": number, "text": row["text"]}])
            (held,) = _select(connection, Line, "hash", [number])
            if held["text"] == row["text"]:
                break
            number = next_hash(number)
        found[row["hash"]] = number
    return found


def _put_back(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows; one whose id was given to another row meanwhile gets a new one."""
    rows = _with_parents(connection, model, rows)
    if "id" in bulk.table_of(model).c:
        used = {row["id"] for row in _select(connection, model, "id", [row["id"] for row in rows])}
        again = [row for row in rows if row["id"] in used]
        ids = bulk.new_ids(connection, model, len(again))
        rows = [row for row in rows if row["id"] not in used]
        rows += [row | {"id": number} for row, number in zip(again, ids, strict=True)]
    _insert(connection, model, rows)


def _with_parents(connection: Connection, model: type[Base], rows: Sequence[Row]) -> list[Row]:
    """The rows, without what refers to articles that are gone: a paraphrase is left out, and a credit loses its link to
    the original."""
    if model not in (ParaphraseRow, ArticleOrigin):
        return list(rows)
    columns = ("a_id", "b_id") if model is ParaphraseRow else ("original_id",)
    wanted = {row[column] for row in rows for column in columns} - {None}
    there = {row["id"] for row in _select(connection, ArticleRow, "id", sorted(wanted))} | {None}
    if model is ArticleOrigin:
        return [row if row["original_id"] in there else row | {"original_id": None} for row in rows]
    return [row for row in rows if {row["a_id"], row["b_id"]} <= there]


def _blank(connection: Connection, model: type[Base], empty: Row, ids: Sequence[int]) -> None:
    table = _raw(model)
    bulk.change_in(connection, update(table).values(empty), table.c.id, ids)


# -- rows as they are stored ---------------------------------------------------------------------


@cache
def _raw(model: type[Base]) -> Table:
    """The table, whose packed columns are read and written as bytes, so that they come back exactly as they were."""
    own = bulk.table_of(model)
    columns: list[Column[Any]] = [
        Column(
            column.name,
            LargeBinary() if isinstance(column.type, Compressed | CompressedJson) else column.type,
            primary_key=column.primary_key,
        )
        for column in own.c
    ]
    return Table(own.name, MetaData(), *columns)


def _name(model: type[Base]) -> str:
    return bulk.table_of(model).name


def _key(model: type[Base], row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in bulk.table_of(model).primary_key.columns)


def _select(connection: Connection, model: type[Base], column: str, values: Iterable[Any]) -> list[Row]:
    table = _raw(model)
    query = select(table).order_by(*table.primary_key.columns)
    return [dict(row._mapping) for row in bulk.select_in(connection, query, table.c[column], values)]


def _insert(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert those of the rows that are not there, without columns that the table had when they were sealed and has no more."""
    table = _raw(model)
    known = [{name: value for name, value in row.items() if name in table.c} for row in rows]
    bulk.insert_new_rows(connection, table, known)


def _delete(connection: Connection, model: type[Base], column: str, values: Iterable[Any]) -> None:
    table = _raw(model)
    bulk.change_in(connection, delete(table), table.c[column], values)


# -- packing -------------------------------------------------------------------------------------


#: The payload of an article of which another archive has the texts (`newsarchive.db.writing.take_over`).
ELSEWHERE = b"elsewhere"


def _packed(rows: Mapping[str, list[Row]]) -> bytes:
    return compress(json.dumps(rows, default=_tagged, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def unpacked(payload: bytes) -> dict[str, list[Row]]:
    """The rows that `seal` took, by their tables. A damaged payload may raise any exception."""
    found: dict[str, list[Row]] = json.loads(
        decompress(payload).decode("utf-8", "surrogatepass"), object_hook=_untagged
    )
    models: list[type[Base]] = [
        *(owned for owned, _, _ in _OWNED),
        *(one for one, _, _, _ in _REFERRED),
        ArticleRow,
        Revision,
        Url,
        Line,
    ]
    if missing := {_name(model) for model in models} - found.keys():
        raise ValueError(f"no rows of {', '.join(sorted(missing))}")
    return found


def _tagged(value: Any) -> dict[str, str]:
    """What JSON has no form for: moments and bytes."""
    if isinstance(value, datetime):
        return {"sealed moment": value.isoformat()}
    return {"sealed bytes": b64encode(bytes(value)).decode()}


def _untagged(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        if (moment := value.get("sealed moment")) is not None:
            return datetime.fromisoformat(moment)
        if (packed := value.get("sealed bytes")) is not None:
            return b64decode(packed)
    return value
