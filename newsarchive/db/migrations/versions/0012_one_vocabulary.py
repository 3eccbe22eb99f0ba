"""One vocabulary: `license` for `licence`; times as every other place writes them; views with the names of every
other place, and without what is hidden from readers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

HIDDEN = "SELECT article_id FROM quarantine WHERE state <> 'accepted'"

#: A list in a view is a JSON array on both databases.
LISTS = {
    "sqlite": "(SELECT json_group_array(name) FROM ({}) AS listed)",
    "postgresql": "(SELECT coalesce(json_agg(name), CAST('[]' AS json)) FROM ({}) AS listed)",
}
AUTHORS = (
    "SELECT au.name FROM article_authors AS aa JOIN authors AS au ON au.id = aa.author_id"
    " WHERE aa.article_id = a.id ORDER BY aa.position"
)
KEYWORDS = (
    "SELECT t.name FROM article_terms AS at JOIN terms AS t ON t.id = at.term_id"
    " WHERE at.article_id = a.id AND t.kind = 'keyword' ORDER BY at.position"
)
CONFIDENCE = {
    "sqlite": "CAST(json_extract(a.quality, '$.confidence') AS REAL)",
    "postgresql": "CAST(a.quality ->> 'confidence' AS double precision)",
}

#: What readers of the tables had before.
BEFORE = {
    "current_articles": """
        SELECT a.id, s.domain AS site, a.url, a.headline, a.description, a.article_body, a.word_count,
               a.date_published, a.date_modified, a.in_language, a.article_section, a.publisher,
               o.name AS origin, o.domain AS origin_domain,
               a.first_seen_at, a.last_seen_at, a.gone_at, r.version, r.change_kind, a.cluster_id
        FROM articles AS a
        JOIN sites AS s ON s.id = a.site_id
        JOIN article_revisions AS r ON r.id = a.revision_id
        LEFT JOIN article_origins AS ao ON ao.article_id = a.id
        LEFT JOIN origins AS o ON o.id = ao.origin_id
    """,
    "reposts": """
        SELECT a.id, s.domain AS site, a.url, a.headline, a.date_published,
               o.name AS origin, o.domain AS origin_domain, ao.url AS origin_url, ao.as_printed,
               ao.date AS origin_date, ao.confidence, ao.credit_text, ao.copyright_notice, ao.licence,
               ao.original_id
        FROM article_origins AS ao
        JOIN articles AS a ON a.id = ao.article_id
        JOIN sites AS s ON s.id = a.site_id
        JOIN origins AS o ON o.id = ao.origin_id
    """,
    "edits_made": """
        SELECT a.id, s.domain AS site, a.url, a.headline, e.step, e.rule, e.before, e.after, e.field, e.start,
               e.evidence
        FROM edits AS e
        JOIN articles AS a ON a.revision_id = e.revision_id
        JOIN sites AS s ON s.id = a.site_id
    """,
    "dropped_text": """
        SELECT a.id, s.domain AS site, a.url, a.headline, b.position, b.kind, b.rule, b.text, b.path
        FROM blocks AS b
        JOIN articles AS a ON a.revision_id = b.revision_id
        JOIN sites AS s ON s.id = a.site_id
    """,
}

FROM = """
        FROM articles AS a
        JOIN sites AS s ON s.id = a.site_id
        JOIN article_revisions AS r ON r.id = a.revision_id
        LEFT JOIN article_origins AS ao ON ao.article_id = a.id
        LEFT JOIN origins AS o ON o.id = ao.origin_id
"""


def flat(dialect: str) -> str:
    """The columns of an article's flat row, in the order of `newsarchive.fields`."""
    authors, keywords = (LISTS[dialect].format(query) for query in (AUTHORS, KEYWORDS))
    return f"""
               a.id, a.url, a.canonical_url, a.headline, a.alternative_headline, a.description,
               {authors} AS authors, a.publisher,
               a.date_published, a.date_published_source, a.date_modified, a.date_modified_source,
               a.in_language, a.article_section, {keywords} AS keywords,
               coalesce((SELECT i.url FROM images AS i WHERE i.article_id = a.id ORDER BY i.position LIMIT 1), '')
                   AS image,
               a.is_based_on, a.is_accessible_for_free,
               coalesce(ao.credit_text, '') AS credit_text, coalesce(ao.copyright_notice, '') AS copyright_notice,
               coalesce(ao.copyright_holder, '') AS copyright_holder, ao.copyright_year,
               coalesce(ao.license, '') AS license, a.word_count, a.article_body, s.domain AS site,
               coalesce(o.name, '') AS origin, coalesce(o.domain, '') AS origin_domain,
               coalesce(ao.url, '') AS origin_url, ao.confidence AS origin_confidence,
               {CONFIDENCE[dialect]} AS confidence,
               (SELECT count(*) FROM edits AS e WHERE e.revision_id = a.revision_id AND e.step = 'repair') AS repairs,
               a.cluster_id, r.version, a.first_seen_at, a.last_seen_at, a.gone_at
    """


def views(dialect: str) -> dict[str, str]:
    """Every view; only `hidden_articles` has what readers do not see."""
    return {
        "current_articles": f"""
        SELECT {flat(dialect)}, r.change_kind
        {FROM}
        WHERE a.id NOT IN ({HIDDEN})
        """,
        "hidden_articles": f"""
        SELECT {flat(dialect)}, r.change_kind, q.state AS hidden_state, q.reason AS hidden_reason,
               q.since AS hidden_since
        {FROM}
        JOIN quarantine AS q ON q.article_id = a.id
        WHERE q.state <> 'accepted'
        """,
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
        WHERE a.id NOT IN ({HIDDEN})
        """,
        **{name: f"{BEFORE[name]} WHERE a.id NOT IN ({HIDDEN})" for name in ("edits_made", "dropped_text")},
    }


#: A time in SQLite: `2025-04-30 08:15:00.000000`, now `2025-04-30T08:15:00+00:00`; both sort by time.
TO_ISO = (
    "replace(replace({0}, ' ', 'T'), '.000000', '') || CASE WHEN {0} LIKE '%+00:00' THEN '' ELSE '+00:00' END"
)
FROM_ISO = (
    "replace(replace({0}, 'T', ' '), '+00:00', '') || CASE WHEN {0} LIKE '%.%' THEN '' ELSE '.000000' END"
)


def rewrite_times(how: str) -> None:
    """Every time of every table, on SQLite; PostgreSQL has a type for it."""
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        return
    found = sa.inspect(bind)
    for table in found.get_table_names():
        times = [c["name"] for c in found.get_columns(table) if isinstance(c["type"], sa.DateTime)]
        if times:
            changes = ", ".join(f"{name} = {how.format(name)}" for name in times)
            bind.exec_driver_sql(f"UPDATE {table} SET {changes}")


def upgrade() -> None:
    for name in BEFORE:
        op.execute(f"DROP VIEW {name}")
    rewrite_times(TO_ISO)
    op.alter_column("article_origins", "licence", new_column_name="license", existing_type=sa.Text())
    for name, query in views(op.get_bind().dialect.name).items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def downgrade() -> None:
    for name in views(op.get_bind().dialect.name):
        op.execute(f"DROP VIEW {name}")
    rewrite_times(FROM_ISO)
    op.alter_column("article_origins", "license", new_column_name="licence", existing_type=sa.Text())
    for name, query in BEFORE.items():
        op.execute(f"CREATE VIEW {name} AS {query}")
