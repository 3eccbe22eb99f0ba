"""The revisions of the schema, by which Alembic upgrades an archive that an older version made."""
