"""A page as blocks with features and a verdict; `core.extraction` is the way in."""
