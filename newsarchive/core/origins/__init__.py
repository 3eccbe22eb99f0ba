"""Evidence of who published first; `core.origin` is the way in."""
