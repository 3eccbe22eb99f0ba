"""Who, when, in which language, under which headline; `core.metadata` is the way in."""
