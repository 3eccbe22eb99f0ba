"""WARC 1.1 files: the bytes of every capture as they came from the wire, written and read."""
