"""Which articles are copies of one another, and what a copy changed: a report, and the blogs that took it over."""
