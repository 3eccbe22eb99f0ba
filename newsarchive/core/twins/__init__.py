"""Which articles are copies of one another; `core.fingerprint` is the way in."""
