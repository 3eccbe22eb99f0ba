"""Which blocks of a page are the article; `step` is the way in."""
