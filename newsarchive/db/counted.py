"""Which articles count where stories are copied, as SQL: every one, the first of each story, or what is the blog's own.

A story is a cluster of copies. Its first article is the one that was published first, by its own date, else by the time of
the first crawl. That does not depend on what else narrows a search: the first copy of a story is the same on every day and
site, so that counts by site or month add up to the count of all. Articles that readers do not see are never the first.

An article is the blog's own where it names no other publisher and is no later copy of a story.
"""

from __future__ import annotations

from enum import StrEnum

from newsarchive.db.hidden import visible


class Copies(StrEnum):
    """Which copies of a story count."""

    ALL = "all"
    FIRST = "first"
    NONE = "none"


#: Stands in place of a publisher: what names no other publisher.
OWN = "own"
#: Stands in place of a publisher: what names one.
REPUBLISHED = "republished"

#: The ids of the articles that name another publisher.
_CREDITED = "SELECT article_id FROM article_origins"


def _moment(alias: str) -> str:
    return f"coalesce({alias}.date_published, {alias}.first_seen_at)"


def first_of_story(alias: str) -> str:
    """The condition that an article (a row of `articles` under this alias) is the first of its story, or has no copies."""
    earlier = (
        f"({_moment('earlier')} < {_moment(alias)}"
        f" OR ({_moment('earlier')} = {_moment(alias)} AND earlier.id < {alias}.id))"
    )
    return (
        f"({alias}.cluster_id IS NULL OR NOT EXISTS (SELECT 1 FROM articles AS earlier"
        f" WHERE earlier.cluster_id = {alias}.cluster_id AND {earlier} AND {visible('earlier.id')}))"
    )


#: The condition that an article, whose id stands as {id}, names no other publisher.
OWN_IDS = f"{{id}} NOT IN ({_CREDITED})"
#: The condition that it names one.
REPUBLISHED_IDS = f"{{id}} IN ({_CREDITED})"
#: The ids of the articles that are no first copy of their story, by the index of stories alone.
_LATER = (
    "SELECT later.id FROM articles AS later WHERE later.cluster_id IS NOT NULL AND NOT "
    + first_of_story("later")
)


def own(alias: str) -> str:
    """The condition that an article names no other publisher."""
    return OWN_IDS.format(id=f"{alias}.id")


def counted(copies: Copies, alias: str = "a") -> list[str]:
    """The conditions that an article counts; for few articles, whose rows are read anyway."""
    return {
        Copies.ALL: [],
        Copies.FIRST: [first_of_story(alias)],
        Copies.NONE: [own(alias), first_of_story(alias)],
    }[copies]


def counted_ids(copies: Copies) -> list[str]:
    """The same condition on an article's id, which stands as {id}. It reads no row of `articles`, so it suits many articles."""
    first = f"{{id}} NOT IN ({_LATER})"
    return {Copies.ALL: [], Copies.FIRST: [first], Copies.NONE: [OWN_IDS, first]}[copies]
