"""Which articles readers do not see, as SQL: those in quarantine that wait, and those that a person dropped.

Searches, exports, figures, stories, lists and the pages of `newsarchive web` all ask here, and the views of the
database say the same. Who names an article by its URL or id, or asks for `hidden`, sees it all the same.
`newsarchive.db.writing.quarantine` decides which articles these are.
"""

#: The ids of the articles that readers do not see.
HIDDEN = "SELECT article_id FROM quarantine WHERE state <> 'accepted'"


def visible(key: str, hidden: bool = False) -> str:
    """The SQL condition that readers see the article whose id is the column `key`; with `hidden` it is always true."""
    return "1 = 1" if hidden else f"{key} NOT IN ({HIDDEN})"
