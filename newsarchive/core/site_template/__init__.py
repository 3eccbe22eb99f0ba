"""What repeats on a site: learned from its own pages, and applied to a page."""
