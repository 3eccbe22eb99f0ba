"""A post as a whole: over several pages, filled in from its feed, with what its site says of it."""
