"""Escapes of half a character in JSON."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.text.json_escapes import whole_characters

VALUES = st.recursive(
    st.text(st.characters(exclude_categories=())) | st.integers() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(VALUES)
def test_only_half_characters_change(value: object) -> None:
    written = json.dumps(value)
    before, after = json.loads(written), json.loads(whole_characters(written))
    assert json.dumps(after, ensure_ascii=False).encode().decode() == re.sub(
        "[\ud800-\udfff]", "\ufffd", json.dumps(before, ensure_ascii=False)
    )
