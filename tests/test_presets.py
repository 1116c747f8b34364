"""Options are plain words and numbers; every one that is not understood is named."""

from typing import Any

import pytest

from maskeleton.classifiers import CLASSIFIERS
from maskeleton.classifiers.base import Classifier, network_options
from maskeleton.classifiers.tcn import Tcn
from maskeleton.errors import UserError
from maskeleton.presets import DEFAULT, LIMITS, PRESETS, WORDS, batch_size, chosen
from maskeleton.skeleton import KINECT15, Skeleton


class Counting(Classifier):
    """A network with options of every kind that hands the rest on."""

    def __init__(self, skeleton: Skeleton, classes: int, *, depth: int = 3, widths: tuple[int, ...] = (4, 8),
                 deep: bool = False, **rest: Any) -> None:
        super().__init__(skeleton, classes, widths[-1], depth=depth, **rest)


def test_a_preset_as_it_is():
    assert chosen("tcn", Tcn) == (DEFAULT, {})
    teaching, own = chosen("tcn", Tcn, "paper")
    assert teaching == PRESETS["paper"]
    assert (teaching["frames"], teaching["optimizer"], teaching["chain"], own) == (300, "sgd", "paper", {})


def test_the_paper_counts_absent_bodies_where_a_network_can():
    assert chosen("counting", Counting, "paper")[1] == {"slots": 2}
    assert chosen("counting", Counting, "paper", {"slots": "none"})[1] == {"slots": None}


def test_networks_keep_their_published_recipe():
    teaching, _ = chosen("shiftgcn", Counting, "paper")
    assert (teaching["lr"], teaching["epochs"], teaching["steps"]) == (0.1, 140, (60, 80, 100))


def test_what_a_network_can_be_built_with():
    assert network_options(Counting) == {"depth": 3, "widths": (4, 8), "deep": False, "stream": "joint", "slots": None}
    assert "slots" not in network_options(Tcn)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_network_built_directly_names_the_options_it_does_not_have(name):
    network = CLASSIFIERS[name]
    with pytest.raises(UserError, match=f"no option 'depht', 'speed' for {network.__name__}") as refused:
        network(KINECT15, 2, speed=1, depht=2)
    assert all(option in refused.value.remedy for option in network_options(network))


def test_a_network_that_hands_nothing_on_has_none_of_the_usual_options():
    with pytest.raises(UserError, match="no option 'slots' for Tcn"):
        Tcn(KINECT15, 2, slots=2)
    assert Tcn(KINECT15, classes=2, widths=(4, 8)).width == 16


class Wider(Counting):
    """A network built on another one."""

    def __init__(self, skeleton: Skeleton, classes: int, *, more: int = 1, **rest: Any) -> None:
        super().__init__(skeleton, classes, more=more, **rest)


def test_a_network_built_on_another_has_its_options_too():
    assert network_options(Wider) == network_options(Counting) | {"more": 1}
    assert Wider(KINECT15, 2, depth=1, slots=2).options["depth"] == 1
    for stray in ("width", "rest", "self.depth"):
        with pytest.raises(UserError, match=f"no option '{stray}' for Wider"):
            Wider(KINECT15, 2, **{stray: 1})


@pytest.mark.parametrize(("key", "said", "meant"), [
    ("lr", "0.5", 0.5), ("lr", 0.5, 0.5), ("batch", "8", 8), ("batch", 8.0, 8), ("steps", "3,5", (3, 5)),
    ("steps", [3], (3,)), ("balance", "yes", True), ("balance", False, False), ("chain", "none", "none"),
])
def test_options_may_be_text(key, said, meant):
    teaching, own = chosen("counting", Counting, set={key: said})
    assert teaching == DEFAULT | {key: meant}
    assert own == {}


@pytest.mark.parametrize(("key", "said", "meant"), [
    ("depth", "2", 2), ("widths", "2,4", (2, 4)), ("deep", "true", True), ("stream", "bone", "bone"), ("slots", "2", 2),
])
def test_so_may_those_of_the_network(key, said, meant):
    assert chosen("counting", Counting, set={key: said}) == (DEFAULT, {key: meant})


@pytest.mark.parametrize(("key", "value", "wrong"), [
    ("speed", "1", "no option 'speed'"),
    ("lr", "fast", "'lr' cannot be 'fast'"),
    ("lr", "nan", "'lr' cannot be nan"),
    ("lr", -1, "'lr' cannot be -1"),
    ("batch", "2.5", "'batch' cannot be '2.5'"),
    ("batch", "1e999", "'batch' cannot be"),
    ("batch", 0, "'batch' cannot be 0"),
    ("crop", 1.5, "'crop' cannot be 1.5"),
    ("balance", "maybe", "'balance' cannot be 'maybe'"),
    ("chain", "gold", "'chain' cannot be 'gold'"),
    ("optimizer", "adam", "'optimizer' cannot be 'adam'"),
    ("steps", "1,x", "'steps' cannot be '1,x'"),
    ("slots", "many", "'slots' cannot be 'many'"),
])
def test_what_is_not_understood_is_refused(key, value, wrong):
    with pytest.raises(UserError, match=wrong) as refused:
        chosen("counting", Counting, set={key: value})
    assert refused.value.remedy


def test_an_unknown_option_lists_all_there_are():
    with pytest.raises(UserError) as refused:
        chosen("counting", Counting, set={"x": 1})
    assert all(key in refused.value.remedy for key in [*DEFAULT, "depth", "stream"])


def test_an_unknown_preset_lists_all_there_are():
    with pytest.raises(UserError, match="no preset 'best'"):
        chosen("tcn", Tcn, "best")


def test_every_option_is_checked():
    told = DEFAULT.keys() - {"balance", "steps"}
    assert told <= WORDS.keys() | LIMITS.keys()
    for preset in PRESETS:
        teaching, _ = chosen("tcn", Tcn, preset, PRESETS[preset])
        assert teaching == PRESETS[preset]


@pytest.mark.parametrize(("recordings", "size"), [(10, 16), (24 * 16, 16), (24 * 40, 40), (24 * 40 + 1, 41),
                                                  (10_000, 64)])
def test_small_data_is_taught_in_small_steps(recordings, size):
    assert batch_size(DEFAULT, recordings) == size
    assert batch_size(PRESETS["paper"], max(recordings, 32)) == 32
    assert batch_size(DEFAULT | {"batch": 4}, recordings) == 4
