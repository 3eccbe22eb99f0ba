"""The archive in SQLite or PostgreSQL: its tables, reading and writing them, and the frontier of the crawls.

All SQL of newsarchive stands here. `engine` opens an archive, `schema` creates and upgrades it, and `dialects` has what
differs between the databases.
"""
