"""Where posts are found; `core.discovery` is the way in."""
