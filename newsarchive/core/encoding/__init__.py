"""Bytes to text, and text that was decoded wrongly (mojibake) back to what was written; `step` is the way in."""
