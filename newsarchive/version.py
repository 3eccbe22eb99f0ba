"""Two numbers: the package's, and the extractor's."""

VERSION = "0.1.0"

#: Raised whenever the same bytes may give another text or other metadata, so that an
#: archive knows which of its revisions an older extractor made.
EXTRACTOR_VERSION = 4
