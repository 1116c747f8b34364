"""Every verb that writes, through every failure: kills, a full disk, one that is read-only, inputs that vanish, two at once.

Verb by fault: the same bytes afterwards as without, or a sentence and nothing half-made.
"""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from faults import VERBS, Fault, Rooms, differences, furnish, made, outputs

KILLS = 3


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Rooms:
    folder = tmp_path_factory.mktemp("faults")
    return Rooms(furnish(folder / "inputs"), folder)


@pytest.fixture(scope="module")
def whole(rooms: Rooms) -> dict[str, tuple[int, Mapping[str, bytes]]]:
    """Of each verb that was asked for: how many moments it has, and what it makes, uninterrupted."""
    return {}


def uninterrupted(verb: str, rooms: Rooms, whole: dict[str, tuple[int, Mapping[str, bytes]]]
                  ) -> tuple[int, Mapping[str, bytes]]:
    if verb not in whole:
        room = rooms.new()
        ended = rooms.run(room, VERBS[verb])
        assert ended.status == 0, ended.said
        assert outputs(room)
        whole[verb] = ended.moments, made(room)
    return whole[verb]


def assert_sentence(said: str) -> None:
    """Two lines: what is wrong, and what would work."""
    lines = [line for line in said.splitlines() if line.startswith(("error: ", "  try: "))]
    assert len(lines) == 2, said
    assert "Traceback" not in said


@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(verb, rooms, whole):
    moments, want = uninterrupted(verb, rooms, whole)
    dice = random.Random(verb)
    for fault in (Fault("kill", dice.randint(1, moments)), Fault("kill", dice.randint(1, moments)),
                  Fault("kill", dice.randint(1, moments), dice.uniform(0.0002, 0.003)))[:KILLS]:
        room = rooms.new()
        ended = rooms.run(room, VERBS[verb], fault)
        assert ended.status < 0 or fault.after, "it ended by itself"
        there = {name for name in outputs(room) if name in ("out", "out.svg", "out.html")}
        again = rooms.run(room, VERBS[verb])
        got = made(room)
        if again.status == 2 and there:  # it had appeared, and so it is whole
            assert "is there already" in again.said
            got = {name: told for name, told in got.items() if not name.startswith(".")}
        else:
            assert again.status == 0, again.said
        assert differences(want, got) == [], fault


# ── the table: verb by fault ─────────────────────────────────────────────────────────────────────────────────────────

READS = [verb for verb in VERBS if verb != "synthesize"]
LIMIT = 400  # bytes that a file may have: as on a full disk, whoever writes


@pytest.mark.parametrize("verb", VERBS)
def test_a_full_disk_is_said_and_afterwards_it_goes_on(verb, rooms, whole):
    _, want = uninterrupted(verb, rooms, whole)
    assert_said_and_gone_on_with(verb, rooms, want, limit=LIMIT)


@pytest.mark.parametrize("verb", VERBS)
def test_a_disk_that_fills_up_in_the_middle_leaves_nothing_half_made(verb, rooms, whole):
    moments, want = uninterrupted(verb, rooms, whole)
    fault = Fault("full", random.Random(f"full {verb}").randint(2, moments * 3 // 4))
    assert_said_and_gone_on_with(verb, rooms, want, fault=fault)


def assert_said_and_gone_on_with(verb, rooms, want, **how):
    room = rooms.new()
    ended = rooms.run(room, VERBS[verb], **how)
    assert ended.status == 2, ended.said
    assert_sentence(ended.said)
    assert not is_there(room)
    assert rooms.run(room, VERBS[verb]).status == 0
    assert differences(want, made(room)) == []


@pytest.mark.parametrize("verb", VERBS)
def test_where_nothing_can_be_written_it_says_so(verb, rooms):
    room = rooms.new()
    ended = rooms.run(room, VERBS[verb], Fault("read-only"))
    assert ended.status == 2, ended.said
    assert_sentence(ended.said)
    assert "Read-only" in ended.said
    assert made(room).keys() == {"names"}


@pytest.mark.parametrize("verb", READS)
def test_inputs_that_vanish_are_said_or_were_read(verb, rooms, whole):
    moments, want = uninterrupted(verb, rooms, whole)
    room = rooms.new()
    ended = rooms.run(room, VERBS[verb], Fault("gone", random.Random(f"gone {verb}").randint(1, moments // 2)))
    if ended.status == 0:
        assert {name: told for name, told in made(room).items() if " gone/" not in name} == want
    else:
        assert ended.status == 2, ended.said
        assert_sentence(ended.said)
        assert not is_there(room)


@pytest.mark.parametrize("verb", VERBS)
def test_of_two_on_one_output_one_is_refused_or_both_are_whole(verb, rooms, whole):
    _, want = uninterrupted(verb, rooms, whole)
    room = rooms.new()
    both = [end() for end in [rooms.start(room, VERBS[verb]), rooms.start(room, VERBS[verb])]]
    assert sorted(ended.status for ended in both) in ([0, 0], [0, 2]), [ended.said for ended in both]
    for ended in both:
        if ended.status == 2:
            assert_sentence(ended.said)
            assert "another process" in ended.said or "is there already" in ended.said
    assert differences(want, made(room)) == []


def is_there(room: Path) -> bool:
    """Whether something stands there that looks finished."""
    out = room / "out"
    done = [out / name for name in ("results.json", "model.json", "dataset.json", "release.json")]
    return any(path.exists() for path in (*done, room / "out.svg", room / "out.html")) or out.is_file()
