"""The index of copies, their clusters, and what each copy changed."""
