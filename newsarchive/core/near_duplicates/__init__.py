"""Which articles are copies of one another, and what a copy changed."""
