"""Who published an article first: `step.origin_step` reads a page's credits, notices and metadata, and decides."""
