"""Labels for what is no article; `core.chrome` is the way in."""
