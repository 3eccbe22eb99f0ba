"""What a site's own pages teach of it; `core.template` is the way in."""
