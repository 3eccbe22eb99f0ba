"""The page of an author belongs to the article that links it: two sites have an "Editorial Staff"."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

#: Where an author has articles of one site alone, the page was that site's; else it is kept where it names the site of the article.
_MOVED = """
    UPDATE article_authors SET url = coalesce((
        SELECT au.url FROM authors AS au, articles AS a, sites AS s
        WHERE au.id = article_authors.author_id AND a.id = article_authors.article_id AND s.id = a.site_id AND (
            au.url LIKE '%' || s.domain || '%' OR au.id IN (
                SELECT l.author_id FROM article_authors AS l JOIN articles AS b ON b.id = l.article_id
                GROUP BY l.author_id HAVING min(b.site_id) = max(b.site_id)))), '')
    WHERE author_id IN (SELECT id FROM authors WHERE url <> '')
"""


def upgrade() -> None:
    with op.batch_alter_table("article_authors") as table:
        table.add_column(sa.Column("url", sa.Text(), server_default="", nullable=False))
    op.execute(_MOVED)
    op.drop_column("authors", "url")
