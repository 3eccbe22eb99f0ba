"""The switches of `benchmarks.ablation`: each leads to something, and leaves it as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.ablation import Probe, same
from benchmarks.ablation_switches import (
    Switch,
    SwitchBroken,
    lines_of_code,
    lines_of_data,
    place_of,
    returns,
    switches,
    turned_off,
    without,
)
from newsarchive import rules

RULES = rules.load()


@pytest.mark.slow
@pytest.mark.parametrize("switch", switches(), ids=lambda switch: switch.name)
def test_a_switch_turns_something_off_and_on_again(switch: Switch) -> None:
    before = [place_of(path)[2] for path, _ in switch.patches]
    with turned_off(switch, RULES) as changed:
        during = [place_of(path)[2] for path, _ in switch.patches]
        assert changed is not RULES or any(a is not b for a, b in zip(before, during, strict=True))
    assert all(place_of(path)[2] is value for (path, _), value in zip(switch.patches, before, strict=True))
    assert lines_of_code(switch) + lines_of_data(switch) > 0


def test_names_are_given_once() -> None:
    names = [switch.name for switch in switches()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "patches",
    [
        (("newsarchive.core.boilerplate.step:no_such_pass", returns(None)),),
        (("newsarchive.no_such_module:name", returns(None)),),
        (("newsarchive.core.boilerplate.step:PASSES", without("no_such_pass")),),
    ],
    ids=["attribute", "module", "pass"],
)
def test_a_path_that_leads_nowhere_is_an_error(patches: tuple[tuple[str, object], ...]) -> None:
    broken = replace(switches()[0], patches=patches)  # type: ignore[arg-type]
    with pytest.raises(SwitchBroken, match="no_such"), turned_off(broken, RULES):
        pass


def test_the_probe_sees_what_a_switch_could_change() -> None:
    path = "newsarchive.core.text.date_orders:certain"
    probe = Probe([Switch("none", "", "extract", ((path, returns(None)),))])
    with probe.watching():
        probe.start()
        place_of(path)[2]("03/04/2025")
        assert not probe.moved
        place_of(path)[2]("13/04/2025")
        assert probe.moved == {"none"}


def test_answers_are_the_same_in_lists_and_tuples() -> None:
    assert same([1], (1,))
    assert same((), [])
    assert not same([], [1])
    assert not same(None, [])
