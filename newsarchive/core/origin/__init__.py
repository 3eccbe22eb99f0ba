"""Who published an article first; `step` is the way in."""
