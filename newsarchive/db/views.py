"""The views with one row for each article, for people who query by hand: `SELECT headline, origin FROM current_articles`.

They are made anew at each upgrade, after the revisions; where nothing but the views changes, an empty revision has archives
upgraded. Their columns are those of `fields.FLAT`, so that a new column of the table `articles` is in the views without a line here.
The views of republished texts, repairs and left-out lines are made once, in a new archive; a revision changes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, exc

from newsarchive.db.conditions import QUARANTINED, Copies, counted, visible
from newsarchive.db.dialects import dialect_of
from newsarchive.fields import FLAT

#: The queries of the fields that are lists.
_LISTS = {
    "authors": (
        "SELECT au.name FROM article_authors AS aa JOIN authors AS au ON au.id = aa.author_id"
        " WHERE aa.article_id = a.id ORDER BY aa.position"
    ),
    "keywords": (
        "SELECT t.name FROM article_terms AS link JOIN terms AS t ON t.id = link.term_id"
        " WHERE link.article_id = a.id AND t.kind = 'keyword' ORDER BY link.position"
    ),
    "corrected": (
        "SELECT DISTINCT c.field AS name FROM corrections AS c WHERE c.article_id = a.id AND c.undone_at IS NULL ORDER BY 1"
    ),
}
#: The SQL of the other fields that are no columns of the table `articles`.
_ELSEWHERE = {
    "image": "coalesce((SELECT i.url FROM images AS i WHERE i.article_id = a.id ORDER BY i.position LIMIT 1), '')",
    "credit_text": "coalesce(ao.credit_text, '')",
    "copyright_notice": "coalesce(ao.copyright_notice, '')",
    "copyright_holder": "coalesce(ao.copyright_holder, '')",
    "copyright_year": "ao.copyright_year",
    "license": "coalesce(ao.license, '')",
    "site": "s.domain",
    "origin": "coalesce(o.name, '')",
    "origin_domain": "coalesce(o.domain, '')",
    "origin_url": "coalesce(ao.url, '')",
    "origin_confidence": "ao.confidence",
    "repairs": "(SELECT count(*) FROM edits AS e WHERE e.revision_id = a.revision_id AND e.step = 'repair')",
    "version": "r.version",
}
#: What others gave to a view on PostgreSQL, as statements that give it again, each with the column that it speaks of ("" for the
#: whole view): its owner, where that is not the one that upgrades (a superuser may do so), who may read it and whether others by his
#: leave, and comments.
_GIVEN = """
    WITH seen AS (SELECT oid, relname, relowner, relacl FROM pg_class WHERE oid = to_regclass(%s)),
    named AS (SELECT s.*, a.attname, a.attnum, a.attacl FROM seen AS s JOIN pg_attribute AS a ON a.attrelid = s.oid),
    granted AS (
        SELECT '' AS attname, '' AS part, s.relname, s.relowner, a.* FROM seen AS s, aclexplode(s.relacl) AS a
        UNION ALL
        SELECT n.attname, ' (' || quote_ident(n.attname) || ')', n.relname, n.relowner, a.* FROM named AS n, aclexplode(n.attacl) AS a
    )
    SELECT '' AS attname, 'ALTER VIEW ' || relname || ' OWNER TO ' || quote_ident(pg_get_userbyid(relowner)) AS statement
    FROM seen WHERE pg_get_userbyid(relowner) <> current_user
    UNION ALL
    SELECT attname, 'GRANT ' || privilege_type || part || ' ON ' || relname || ' TO '
        || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
        || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    FROM granted WHERE grantee <> relowner
    UNION ALL
    SELECT '', 'COMMENT ON VIEW ' || relname || ' IS ' || quote_literal(obj_description(oid, 'pg_class'))
    FROM seen WHERE obj_description(oid, 'pg_class') IS NOT NULL
    UNION ALL
    SELECT attname, 'COMMENT ON COLUMN ' || relname || '.' || quote_ident(attname) || ' IS ' || quote_literal(col_description(oid, attnum))
    FROM named WHERE col_description(oid, attnum) IS NOT NULL
"""
#: The options of a view on PostgreSQL, as `security_invoker`: one that is made in its place loses them, too.
_OPTIONS = (
    "SELECT ' WITH (' || array_to_string(reloptions, ', ') || ')' FROM pg_class WHERE oid = to_regclass(%s)"
)
#: What the views have besides the fields of a flat row.
_MORE = "r.change_kind, a.record_hash"
#: The views.
NAMES = ("current_articles", "first_copies", "own_articles", "hidden_articles")
#: The columns that all of them have.
COLUMNS = frozenset({field.name for field in FLAT} | {"change_kind", "record_hash"})
_FROM = """
    FROM articles AS a
    JOIN sites AS s ON s.id = a.site_id
    JOIN article_revisions AS r ON r.id = a.revision_id
    LEFT JOIN article_origins AS ao ON ao.article_id = a.id
    LEFT JOIN origins AS o ON o.id = ao.origin_id
"""

#: The views with a row for each credit, each repair and each left-out line, in the order in which they are made.
_DETAILS = {
    "reposts": f"""
        SELECT a.id, s.domain AS site, a.url, a.headline, a.date_published,
               o.name AS origin, o.domain AS origin_domain, ao.url AS origin_url,
               ao.as_printed AS origin_as_printed, ao.date AS origin_date, ao.confidence AS origin_confidence,
               ao.credit_text, ao.copyright_notice, ao.copyright_holder, ao.copyright_year, ao.license,
               ao.original_id
        FROM article_origins AS ao
        JOIN articles AS a ON a.id = ao.article_id
        JOIN sites AS s ON s.id = a.site_id
        JOIN origins AS o ON o.id = ao.origin_id
        WHERE a.id NOT IN ({QUARANTINED})""",
    "edits_made": f"""
        SELECT a.id, s.domain AS site, a.url, a.headline, e.step, e.rule, e.before, e.after, e.field, e.start,
               e.evidence
        FROM edits AS e
        JOIN articles AS a ON a.revision_id = e.revision_id
        JOIN sites AS s ON s.id = a.site_id
        WHERE a.id NOT IN ({QUARANTINED})""",
    "blocks": """
        SELECT d.revision_id, d.position, b.kind, b.rule, l.text, d.score
        FROM dropped_lines AS d
        JOIN block_labels AS b ON b.id = d.label_id
        JOIN "lines" AS l ON l.hash = d.line_hash""",
    "dropped_text": f"""
        SELECT a.id, s.domain AS site, a.url, a.headline, b.position, b.kind, b.rule, b.text
        FROM blocks AS b
        JOIN articles AS a ON a.revision_id = b.revision_id
        JOIN sites AS s ON s.id = a.site_id
        WHERE a.id NOT IN ({QUARANTINED})""",
}


def make_details(connection: Connection) -> None:
    """Make the views of credits, repairs and left-out lines, in an archive that has none of them."""
    for name, query in _DETAILS.items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {query}")


def make(connection: Connection) -> None:
    """Make the views anew. Only `hidden_articles` has articles that readers do not see."""
    dialect = dialect_of(connection)
    special = {name: dialect.json_list(query, "name") for name, query in _LISTS.items()} | _ELSEWHERE
    special["confidence"] = dialect.json_number("a.quality", "confidence")
    names = [field.name for field in FLAT]
    columns = ", ".join(f"{special.get(name, f'a.{name}')} AS {name}" for name in names)
    queries = {
        **{
            name: f"SELECT {columns}, {_MORE} {_FROM} WHERE {' AND '.join(conditions)}"
            for name, conditions in {
                "current_articles": [visible("a.id")],
                "first_copies": [visible("a.id"), *counted(Copies.FIRST)],
                "own_articles": [visible("a.id"), *counted(Copies.NONE)],
            }.items()
        },
        "hidden_articles": f"SELECT {columns}, {_MORE}, q.state AS hidden_state, q.reason AS hidden_reason,"
        f" q.since AS hidden_since {_FROM} JOIN quarantine AS q ON q.article_id = a.id WHERE q.state <> 'accepted' AND {visible('a.id', hidden=True)}",
        "withheld": "SELECT id, article_id, url, site, state, reason, decided_by, since, until, ended_at, versions FROM withholdings",
    }
    for name, query in queries.items():
        _make(connection, name, query)


def _make(connection: Connection, name: str, query: str) -> None:
    """Make a view anew, where the database can in its place: what others gave to it stays, and so do other people's views of it.
    A view whose columns are others must be dropped; its owner, rights, options and comments are given to it again, but for those of
    a column that is gone, and the database refuses to drop it under the views of others."""
    given: Sequence[Row[Any]] = ()
    options = ""
    if dialect_of(connection).replaces_views:
        options = connection.exec_driver_sql(_OPTIONS, (name,)).scalar() or ""
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"CREATE OR REPLACE VIEW {name}{options} AS {query}")
            return
        except exc.ProgrammingError:
            given = connection.exec_driver_sql(_GIVEN, (name,)).all()
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
    connection.exec_driver_sql(f"CREATE VIEW {name}{options} AS {query}")
    if given:
        there = {"", *connection.exec_driver_sql(f"SELECT * FROM {name} LIMIT 0").keys()}
        for row in given:
            if row.attname in there:
                connection.exec_driver_sql(row.statement.replace("%", "%%"))
