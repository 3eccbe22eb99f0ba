"""How damaged text is found and mended; `core.encoding` is the way in."""
