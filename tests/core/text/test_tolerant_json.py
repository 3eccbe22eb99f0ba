"""JSON as strangers write it: half characters, and what people break when they edit a template."""

import json
import re
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsarchive.core.text.tolerant_json import loads, repaired, whole_characters

VALUES = st.recursive(
    st.text(st.characters(exclude_categories=())) | st.integers() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@pytest.mark.slow
@given(VALUES)
def test_only_half_characters_change(value: object) -> None:
    written = json.dumps(value)
    before, after = json.loads(written), json.loads(whole_characters(written))
    assert json.dumps(after, ensure_ascii=False).encode().decode() == re.sub(
        "[\ud800-\udfff]", "\ufffd", json.dumps(before, ensure_ascii=False)
    )


@given(VALUES)
@example("\\")
@example('a\\\\u12 \\"')
def test_right_json_keeps_its_values(value: object) -> None:
    written = json.dumps(value)
    assert json.loads(repaired(written)) == json.loads(written)


@pytest.mark.parametrize(
    ("broken", "value"),
    [('{"id": 007, "a": 1,}', {"id": "007", "a": 1}), ('{"id": ٣, "a": 1,}', {"id": "٣", "a": 1}), ('{"a": "b\\', {"a": "b"})],
    ids=["a number that begins with 0", "a digit of Arabic", "cut off behind a backslash"],
)  # fmt: skip
def test_one_value_that_is_no_json_costs_no_other(broken: str, value: object) -> None:
    assert loads(repaired(broken)) == value


def test_the_time_of_mending_grows_with_the_length_of_the_text() -> None:
    began = process_time()
    repaired('{"a": ' + '"x' * 20_000 + "\\")
    assert process_time() - began < 5  # 28 s where each quotation mark is asked for the end of the text


@given(st.text("{}[]\",:'\\\n/* ab1", max_size=60))
def test_no_text_makes_the_mending_raise(text: str) -> None:
    repaired(text)
