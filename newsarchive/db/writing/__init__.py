"""Writing into an archive: one transaction a batch."""
