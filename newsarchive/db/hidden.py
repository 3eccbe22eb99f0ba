"""What readers do not see, as SQL: searches, exports, figures, stories, lists and the pages of `newsarchive web` ask
here, and the views of the database say the same. `db/writing/quarantine.py` decides which articles these are."""

#: The articles that readers do not see: those that wait, and those that a person dropped.
HIDDEN = "SELECT article_id FROM quarantine WHERE state <> 'accepted'"


def visible(key: str, hidden: bool = False) -> str:
    """The SQL condition that readers see the article whose id is `key`; with `hidden` they see each."""
    return "1 = 1" if hidden else f"{key} NOT IN ({HIDDEN})"
