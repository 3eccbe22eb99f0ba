"""Which payload a capture holds and which extractor read it; views for people who query by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

VIEWS = {
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


def upgrade() -> None:
    op.add_column("captures", sa.Column("warc_digest", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "captures", sa.Column("extractor_version", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_index("ix_captures_warc_digest", "captures", ["warc_digest"])
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def downgrade() -> None:
    for name in VIEWS:
        op.execute(f"DROP VIEW {name}")
    op.drop_index("ix_captures_warc_digest", "captures")
    for column in ("warc_digest", "extractor_version"):
        op.drop_column("captures", column)
