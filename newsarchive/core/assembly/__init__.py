"""Makes one article of a post that stands in several places: its pages, and its entry in the site's feed or API.

`post.decode_step` and `post.extract_step` are the ways in.
"""
