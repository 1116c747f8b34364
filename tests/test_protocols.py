"""Official lists, on tables of labels."""

import pytest

from maskeleton.errors import UserError
from maskeleton.protocols import NTU60_PEOPLE, NTU120_PEOPLE, number_in
from maskeleton.splits import split, three_parts

from designs import recordings, values


def ntu(people, cameras=(1, 2, 3), actions=("A001", "A002")):
    return recordings([{"subject": f"P{p:03d}", "camera": c, "setup": p % 32 + 1, "action": a}
                       for p in range(1, people + 1) for c in cameras for a in actions])


def test_ntu60():
    data = ntu(40)
    (half,) = split(data, "action", "ntu60-xsub")
    assert {number_in(name) for name in values(data, "subject", half.train)} == NTU60_PEOPLE
    assert (len(half.train), len(half.test), half.leaks) == (120, 120, ())
    assert half.notes == ("ntu60-xsub has 40,091 / 16,487 recordings where it was published; here are 120 / 120",)
    (half,) = split(data, "subject", "ntu60-xview")
    assert (values(data, "camera", half.train), values(data, "camera", half.test)) == ({"2", "3"}, {"1"})
    assert half.leaks == ("take",)


def test_an_official_list_is_taken_as_it_is_and_marked():
    rows = [{"subject": f"P{p:03d}", "camera": c, "action": "A001", "repetition": r}
            for p in range(1, 5) for c in (1, 2, 3) for r in range(3 if p == 1 else 1)]
    (half,) = split(recordings(rows), "subject", "ntu60-xview")
    assert (len(half.train), len(half.test)) == (12, 6)
    assert half.leaks == ("take", "counts")
    one_sided = recordings([row for row in rows if row["subject"] != "P001" or row["camera"] == 1])
    with pytest.raises(UserError, match="P001 would be in one half only"):
        split(one_sided, "subject", "ntu60-xview")


def test_ntu120():
    data = ntu(106, cameras=(1,))
    (half,) = split(data, "action", "ntu120-xsub")
    assert {number_in(name) for name in values(data, "subject", half.train)} == NTU120_PEOPLE
    assert len(NTU120_PEOPLE) == 53
    (half,) = split(data, "action", "ntu120-xset")
    assert all(int(setup) % 2 == 0 for setup in values(data, "setup", half.train))
    assert all(int(setup) % 2 == 1 for setup in values(data, "setup", half.test))
    with pytest.raises(UserError, match="ntu60-xsub knows subject 1 to 40, but the recordings have also 41"):
        split(data, "action", "ntu60-xsub")


@pytest.mark.parametrize("naming", ["numbers", "from nought", "ids", "words"])
def test_etri_leaves_actions_for_two_out(naming):
    words = {43: "massaging a shoulder oneself", 44: "taking a bow", 45: "talking to each other", 46: "handshaking",
             47: "hugging each other", 48: "fighting each other", 49: "waving a hand", 1: "eating food with a fork"}
    said = {"numbers": lambda a: a, "from nought": lambda a: a - 1, "ids": lambda a: f"A{a:03d}", "words": words.get}
    rows = [{"subject": f"P{p:03d}", "gender": p % 2, "action": said[naming](a)} for p in range(1, 101) for a in words]
    data = recordings(rows)
    (half,) = split(data, "gender", "etri-subject")
    assert (len(half.train), len(half.test)) == (67 * 3, 33 * 3)
    assert {number_in(name) % 3 for name in values(data, "subject", half.test)} == {0}
    assert half.notes == ("500 recordings of actions for two people are left out",
                          "etri-subject has 68,788 / 34,025 recordings where it was published; here are 201 / 99")
    assert values(data, "action", half.train) == {str(said[naming](a)) for a in (43, 49, 1)}


def test_official_lists_in_three_parts():
    data = ntu(40)
    (parts,) = three_parts(data, "action", "ntu60-xsub")
    assert len(parts.test) == 120
    assert not values(data, "subject", parts.anonymizer) & values(data, "subject", parts.judge)


def test_lists_of_numbers_need_numbers():
    rows = [{"subject": name, "action": action} for name in ("Ann", "Bob") for action in "xy"]
    with pytest.raises(UserError, match="the recordings have no numbers"):
        split(recordings(rows), "action", "ntu60-xsub")
    with pytest.raises(UserError, match="have no label 'action'"):
        split(recordings([{"subject": f"P{p}", "gender": p % 2} for p in range(1, 9)]), "gender", "etri-subject")
    with pytest.raises(UserError, match="there can be no 2 folds"):
        split(ntu(40), "action", "ntu60-xsub", folds=2)
