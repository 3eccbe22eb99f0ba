"""Which URLs are known, which are to be fetched, which are due again."""
