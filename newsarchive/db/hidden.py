"""Which articles readers do not see, as SQL: those in quarantine that wait, those that a person dropped, and those that are
withheld.

Searches, exports, figures, stories, lists and the pages of `newsarchive web` all ask here, and the views of the
database say the same. Who names an article in quarantine by its URL or id, or asks for `hidden`, sees it all the same;
nobody sees a withheld one, whose texts are sealed besides. `newsarchive.db.writing.quarantine` and
`newsarchive.db.writing.withhold` decide which articles these are.
"""

#: The ids of the articles in quarantine that readers do not see.
QUARANTINED = "SELECT article_id FROM quarantine WHERE state <> 'accepted'"
#: The ids of the articles that nobody sees: they are withheld, or were erased.
WITHHELD = "SELECT article_id FROM withholdings WHERE state <> 'lifted'"
#: The ids of the articles that readers do not see.
HIDDEN = f"{QUARANTINED} UNION ALL {WITHHELD}"


def unseen(hidden: bool = False) -> str:
    """The query of the ids that readers do not see; with `hidden` of those that nobody sees."""
    return WITHHELD if hidden else HIDDEN


def visible(key: str, hidden: bool = False) -> str:
    """The SQL condition that readers see the article whose id is the column `key`; with `hidden`, that it is not withheld."""
    return f"{key} NOT IN ({unseen(hidden)})"
