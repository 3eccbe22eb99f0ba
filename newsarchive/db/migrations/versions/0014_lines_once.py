"""Each line that was left out is stored once, and what nobody looks for with SQL is packed.

Before, `blocks` held three quarters of an archive: the texts of a menu and the path of each line, page by page. Now a
dropped line is a row of numbers, and `blocks` is a view; paths, links and the HTML of a version are packed into
`article_revisions.markup`, and `articles.candidates` is packed too.

A large archive is moved ahead of the revision, `MAX_BATCH_ARTICLES` in a transaction: `ahead` does one batch, and
`moving_0014` remembers the last article. Whoever breaks it off goes on with the next `newsarchive db upgrade`; until then
the archive has neither its old nor its new columns complete, and both versions of newsarchive ask for that command. A
small archive is moved within the revision.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Connection

from newsarchive.compression import decompress

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

#: Articles that are moved in one transaction; bounds memory and the work that is lost when it is broken off.
MAX_BATCH_ARTICLES = 200
#: Articles of an archive that is moved within the revision, in one transaction. A larger one is moved ahead of it.
MAX_SMALL_ARTICLES = 2_000
#: The bits of a line's hash that come from its text; those before them come from its site.
TEXT_BITS = 2**48 - 1
#: Bytes at the end of a text that zlib takes as dictionary.
MAX_DICTIONARY_BYTES = 32_768

TABLES = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _column(name: str, kind: Any, *more: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, nullable=False, **options)


ARTICLES = sa.Table(
    "articles", TABLES, sa.Column("id", sa.Integer, primary_key=True), sa.Column("article_body", sa.Text),
    sa.Column("site_id", sa.Integer), sa.Column("candidates", sa.JSON),
    sa.Column("candidates_packed", sa.LargeBinary),
)  # fmt: skip
REVISIONS = sa.Table(
    "article_revisions", TABLES, sa.Column("id", sa.Integer, primary_key=True), sa.Column("article_id", sa.Integer),
    sa.Column("article_body", sa.LargeBinary), sa.Column("article_html", sa.LargeBinary),
    sa.Column("markup_packed", sa.LargeBinary),
)  # fmt: skip
SITES = sa.Table("sites", TABLES, sa.Column("id", sa.Integer, primary_key=True), sa.Column("domain", sa.Text))
MOVING = sa.Table("moving_0014", TABLES, sa.Column("article_id", sa.Integer))
LINES = sa.Table(
    "lines", TABLES, _column("hash", sa.BigInteger, primary_key=True, autoincrement=False),
    _column("text", sa.Text), sqlite_with_rowid=False,
)  # fmt: skip
LABELS = sa.Table(
    "block_labels", TABLES, _column("id", sa.Integer, primary_key=True), _column("kind", sa.Text),
    _column("rule", sa.Text), sa.UniqueConstraint("kind", "rule"),
)  # fmt: skip
DROPPED = sa.Table(
    "dropped_lines", TABLES,
    _column("revision_id", sa.Integer, sa.ForeignKey("article_revisions.id", ondelete="CASCADE"), primary_key=True),
    _column("position", sa.Integer, primary_key=True, autoincrement=False),
    _column("label_id", sa.Integer, sa.ForeignKey("block_labels.id")),
    _column("line_hash", sa.BigInteger, sa.ForeignKey("lines.hash")),
    sa.Column("score", sa.Double), sqlite_with_rowid=False,
)  # fmt: skip
#: The table of revisions before this one, under the name that it has while it is moved.
BLOCKS = sa.Table(
    "blocks_0013", TABLES, sa.Column("id", sa.Integer, primary_key=True), sa.Column("revision_id", sa.Integer),
    sa.Column("position", sa.Integer), sa.Column("kind", sa.Text), sa.Column("rule", sa.Text),
    sa.Column("text", sa.Text), sa.Column("element", sa.Text), sa.Column("level", sa.Integer),
    sa.Column("score", sa.Double), sa.Column("path", sa.Text), sa.Column("links", sa.JSON),
)  # fmt: skip

HIDDEN = "SELECT article_id FROM quarantine WHERE state <> 'accepted'"
DROPPED_TEXT = f"""
        CREATE VIEW dropped_text AS
        SELECT a.id, s.domain AS site, a.url, a.headline, b.position, b.kind, b.rule, b.text{{path}}
        FROM blocks AS b
        JOIN articles AS a ON a.revision_id = b.revision_id
        JOIN sites AS s ON s.id = a.site_id
        WHERE a.id NOT IN ({HIDDEN})
"""
BLOCKS_VIEW = """
        CREATE VIEW blocks AS
        SELECT d.revision_id, d.position, b.kind, b.rule, l.text, d.score
        FROM dropped_lines AS d
        JOIN block_labels AS b ON b.id = d.label_id
        JOIN lines AS l ON l.hash = d.line_hash
"""


def ahead(connection: Connection) -> tuple[int, int] | None:
    """Move the next articles of a large archive; gives how many are done, and of how many. `None` where none is left."""
    total = connection.execute(sa.select(sa.func.count()).select_from(ARTICLES)).scalar_one()
    if not _is_begun(connection):
        if total <= MAX_SMALL_ARTICLES:
            return None
        _begin(connection)
    if not _move(connection):
        return None
    last = connection.execute(sa.select(MOVING.c.article_id)).scalar_one()
    done = sa.select(sa.func.count()).select_from(ARTICLES).where(ARTICLES.c.id <= last)
    return connection.execute(done).scalar_one(), total


def upgrade() -> None:
    connection = op.get_bind()
    if not _is_begun(connection):
        _begin(connection)
    while _move(connection):
        pass
    _run(
        "DROP VIEW dropped_text",
        "DROP TABLE blocks_0013",
        "DROP TABLE moving_0014",
        "ALTER TABLE articles DROP COLUMN candidates",
        "ALTER TABLE articles RENAME COLUMN candidates_packed TO candidates",
        "ALTER TABLE article_revisions DROP COLUMN article_html",
        "ALTER TABLE article_revisions RENAME COLUMN markup_packed TO markup",
        BLOCKS_VIEW,
        DROPPED_TEXT.format(path=""),
    )


def _run(*statements: str) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _is_begun(connection: Connection) -> bool:
    return sa.inspect(connection).has_table("moving_0014")


def _begin(connection: Connection) -> None:
    for table in (LINES, LABELS, DROPPED, MOVING):
        table.create(connection)
    binary = sa.LargeBinary().compile(connection.dialect)
    connection.exec_driver_sql("ALTER TABLE blocks RENAME TO blocks_0013")
    connection.exec_driver_sql(f"ALTER TABLE articles ADD COLUMN candidates_packed {binary}")
    connection.exec_driver_sql(f"ALTER TABLE article_revisions ADD COLUMN markup_packed {binary}")
    connection.execute(sa.insert(MOVING).values(article_id=0))


def _move(connection: Connection) -> bool:
    """Move the articles after the last one that was moved; gives whether there were any."""
    last = connection.execute(sa.select(MOVING.c.article_id)).scalar_one()
    columns = (ARTICLES.c.id, ARTICLES.c.article_body, ARTICLES.c.candidates, SITES.c.domain)
    query = sa.select(*columns).join(SITES, SITES.c.id == ARTICLES.c.site_id).where(ARTICLES.c.id > last)
    query = query.order_by(ARTICLES.c.id).limit(MAX_BATCH_ARTICLES)
    articles = {row.id: row for row in connection.execute(query)}
    if not articles:
        return False
    versions = connection.execute(
        sa.select(REVISIONS).where(REVISIONS.c.article_id.in_(articles)).order_by(REVISIONS.c.id)
    ).all()
    dropped: dict[int, list[Any]] = {row.id: [] for row in versions}
    blocks = (
        sa.select(BLOCKS)
        .where(BLOCKS.c.revision_id.in_(dropped))
        .order_by(BLOCKS.c.revision_id, BLOCKS.c.position)
    )
    for row in connection.execute(blocks):
        dropped[row.revision_id].append(row)
    _execute(
        connection,
        sa.update(ARTICLES)
        .where(ARTICLES.c.id == sa.bindparam("b_id"))
        .values(candidates_packed=sa.bindparam("b_new")),
        [{"b_id": i, "b_new": _packed_list(row.candidates)} for i, row in articles.items()],
    )
    _execute(
        connection,
        sa.update(REVISIONS)
        .where(REVISIONS.c.id == sa.bindparam("b_id"))
        .values(markup_packed=sa.bindparam("b_new")),
        [
            {"b_id": row.id, "b_new": _markup(row, articles[row.article_id].article_body, dropped[row.id])}
            for row in versions
        ],
    )
    sites = {row.id: articles[row.article_id].domain for row in versions}
    _move_lines(connection, [row for rows in dropped.values() for row in rows], sites)
    connection.execute(sa.update(MOVING).values(article_id=max(articles)))
    return True


def _move_lines(connection: Connection, dropped: list[Any], sites: dict[int, str]) -> None:
    """Move lines; `sites` are the domains by version."""
    texts = {(sites[row.revision_id], row.text) for row in dropped}
    hashes = {(site, text): _hash(site) & ~TEXT_BITS | _hash(text) & TEXT_BITS for site, text in texts}
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    held = _texts(connection, sorted(set(hashes.values())))
    added: dict[int, str] = {}
    for (site, text), number in sorted(hashes.items()):
        while (held.get(number) or added.get(number, text)) != text:  # another text has this number
            number = number & ~TEXT_BITS | (number + 1) & TEXT_BITS
            held |= _texts(connection, [number])
        hashes[site, text] = number
        if number not in held:
            added[number] = text
    if lines := sorted(added.items()):
        sql = f"INSERT INTO lines (hash, text) VALUES ({mark}, {mark}) ON CONFLICT DO NOTHING"
        connection.exec_driver_sql(sql, lines)
    known = {(row.kind, row.rule): row.id for row in connection.execute(sa.select(LABELS))}
    new = sorted({(row.kind, row.rule) for row in dropped} - known.keys())
    _execute(connection, sa.insert(LABELS), [{"kind": kind, "rule": rule} for kind, rule in new])
    known = {(row.kind, row.rule): row.id for row in connection.execute(sa.select(LABELS))}
    _execute(
        connection,
        sa.insert(DROPPED),
        [
            {
                "revision_id": row.revision_id, "position": row.position, "label_id": known[row.kind, row.rule],
                "line_hash": hashes[sites[row.revision_id], row.text], "score": row.score,
            }
            for row in dropped
        ],
    )  # fmt: skip


def _texts(connection: Connection, numbers: list[int]) -> dict[int, str]:
    """The texts that have these numbers by now; SQLite binds 32,766 values in a statement at most."""
    parts = (numbers[at : at + 10_000] for at in range(0, len(numbers), 10_000))
    rows = (connection.execute(sa.select(LINES).where(LINES.c.hash.in_(part))) for part in parts)
    return {row.hash: row.text for part in rows for row in part}


def _execute(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _packed_list(values: list[Any]) -> bytes | None:
    # A lone surrogate, which JSON text may escape, became U+FFFD in all other columns.
    return zlib.compress(_json(values).decode("utf-8", "replace").encode(), 6) if values else None


def _markup(version: Any, current_body: str, dropped: list[Any]) -> bytes | None:
    """HTML, a zero byte, and lists of the dropped lines' paths, elements, levels and links; its text is the dictionary.

    The text of the current version stands in its article.
    """
    body = current_body if version.article_body is None else decompress(version.article_body).decode()
    html = decompress(version.article_html) if version.article_html is not None else b""
    if not html and not dropped:
        return None
    numbers: dict[str, int] = {}
    path = [numbers.setdefault(row.path, len(numbers)) for row in dropped]
    links = [_links(row) for row in dropped]
    lists = [list(numbers), path, [row.element for row in dropped], [row.level for row in dropped], links]
    work = zlib.compressobj(6, zdict=body.encode()[-MAX_DICTIONARY_BYTES:])
    return work.compress(html + b"\0" + _json(lists)) + work.flush()


def _links(row: Any) -> Any:
    """A URL alone where the whole line is one link."""
    return row.links[0][1] if len(row.links) == 1 and row.links[0][0] == row.text else row.links


# -- back ------------------------------------------------------------------------------------------


def downgrade() -> None:
    connection = op.get_bind()
    _run(
        "DROP VIEW dropped_text",
        "DROP VIEW blocks",
        "ALTER TABLE articles RENAME COLUMN candidates TO candidates_packed",
        "ALTER TABLE article_revisions RENAME COLUMN markup TO markup_packed",
    )
    op.add_column("articles", sa.Column("candidates", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("article_revisions", sa.Column("article_html", sa.LargeBinary, nullable=True))
    _create_blocks()
    for ids in _batches(connection):
        _move_back(connection, ids)
    for table in ("dropped_lines", "block_labels", "lines"):
        op.drop_table(table)
    op.drop_column("articles", "candidates_packed")
    op.drop_column("article_revisions", "markup_packed")
    _run("ALTER TABLE blocks_0013 RENAME TO blocks", DROPPED_TEXT.format(path=", b.path"))


def _create_blocks() -> None:
    text = [sa.Column(name, sa.Text, nullable=False) for name in ("kind", "rule", "text", "element", "path")]
    numbers = [sa.Column(name, sa.Integer, nullable=False) for name in ("revision_id", "position", "level")]
    op.create_table(
        "blocks_0013", sa.Column("id", sa.Integer, primary_key=True), *numbers, *text,
        sa.Column("score", sa.Double), sa.Column("links", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blocks"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revisions.id"], ondelete="CASCADE", name="fk_blocks_revision_id_article_revisions"
        ),
        sa.UniqueConstraint("revision_id", "position", name="uq_blocks_revision_id_position"),
    )  # fmt: skip
    op.create_index("ix_blocks_kind", "blocks_0013", ["kind"])


def _batches(connection: Connection) -> Iterator[list[int]]:
    last = 0
    while True:
        query = sa.select(ARTICLES.c.id).where(ARTICLES.c.id > last).order_by(ARTICLES.c.id)
        ids = list(connection.execute(query.limit(MAX_BATCH_ARTICLES)).scalars())
        if not ids:
            return
        yield ids
        last = ids[-1]


def _move_back(connection: Connection, ids: list[int]) -> None:
    columns = (ARTICLES.c.id, ARTICLES.c.article_body, ARTICLES.c.candidates_packed)
    articles = {row.id: row for row in connection.execute(sa.select(*columns).where(ARTICLES.c.id.in_(ids)))}
    own = (REVISIONS.c.id, REVISIONS.c.article_id, REVISIONS.c.article_body, REVISIONS.c.markup_packed)
    versions = connection.execute(sa.select(*own).where(REVISIONS.c.article_id.in_(ids))).all()
    query = (
        sa.select(DROPPED, LABELS.c.kind, LABELS.c.rule, LINES.c.text)
        .join(LABELS, LABELS.c.id == DROPPED.c.label_id)
        .join(LINES, LINES.c.hash == DROPPED.c.line_hash)
        .where(DROPPED.c.revision_id.in_([row.id for row in versions]))
        .order_by(DROPPED.c.revision_id, DROPPED.c.position)
    )
    dropped: dict[int, list[Any]] = {row.id: [] for row in versions}
    for row in connection.execute(query):
        dropped[row.revision_id].append(row)
    packed = [row for row in articles.values() if row.candidates_packed is not None]
    _execute(
        connection,
        sa.update(ARTICLES)
        .where(ARTICLES.c.id == sa.bindparam("b_id"))
        .values(candidates=sa.bindparam("b_new")),
        [{"b_id": row.id, "b_new": json.loads(decompress(row.candidates_packed))} for row in packed],
    )
    html, blocks = [], []
    for version in versions:
        if version.markup_packed is None:
            continue
        body = articles[version.article_id].article_body
        if version.article_body is not None:
            body = decompress(version.article_body).decode()
        dictionary = body.encode()[-MAX_DICTIONARY_BYTES:]
        own_html, _, lists = decompress(version.markup_packed, dictionary).partition(b"\0")
        html.append({"b_id": version.id, "b_new": zlib.compress(own_html, 6) if own_html else None})
        paths, *rest = json.loads(lists.decode("utf-8", "surrogatepass"))
        for row, path, element, level, links in zip(dropped[version.id], *rest, strict=True):
            blocks.append(
                {
                    "revision_id": row.revision_id, "position": row.position, "kind": row.kind, "rule": row.rule,
                    "text": row.text, "element": element, "level": level, "score": row.score, "path": paths[path],
                    "links": [[row.text, links]] if isinstance(links, str) else links,
                }
            )  # fmt: skip
    _execute(
        connection,
        sa.update(REVISIONS)
        .where(REVISIONS.c.id == sa.bindparam("b_id"))
        .values(article_html=sa.bindparam("b_new")),
        html,
    )
    _execute(connection, sa.insert(BLOCKS), blocks)
