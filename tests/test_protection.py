"""Protection: one careful word, by figures one can check in one's head; in doubt the less flattering one."""

from typing import Any

import pytest

from maskeleton.protection import AT_CHANCE, NOT_FOUND, NOT_SHOWN, REDUCED, TOLD, UNSURE, Protection, protection
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.verdict import conclude

from runs import cell


def said(*cells: CellScore, verb: str = "evaluate", **more: Any) -> Protection:
    card = conclude(Scorecard(verb, cells=list(cells), **more))
    row, = (row for row in card.headline if row["label"] == "subject")
    return protection(card, row)


def release(rate: float, **more: Any) -> list[CellScore]:
    """What was .9 before, between .8 and 1."""
    return [cell("subject", "hide", "before", 0.9), cell("subject", "hide", "adaptive", rate, **more)]


def limit(size: float | None) -> dict[str, Any]:
    return {"label": "subject", "kind": "turned bone", "unit": "°", "size": size, "tried": [1, 3], "rate": 0.1, "low": 0.0,
            "high": 0.2, "chance": 0.05}


@pytest.mark.parametrize(("rate", "word"), [
    (0.9, NOT_SHOWN), (0.75, NOT_SHOWN),  # up to .85: within what it was
    (0.69, REDUCED), (0.3, REDUCED),  # below .8 and above .06
    (0.15, AT_CHANCE), (0.05, AT_CHANCE), (0.0, AT_CHANCE),  # reaches down to chance or the null
])
def test_the_word_follows_from_the_intervals(rate: float, word: str) -> None:
    assert said(*release(rate)).word == word


def test_the_null_counts_as_chance_does() -> None:
    assert said(*release(0.3, null=0.19)).word == REDUCED
    assert said(*release(0.3, null=0.21)).word == AT_CHANCE


def test_an_interval_so_wide_that_it_holds_all_says_nothing() -> None:
    assert said(*release(0.4, low=0.01, high=0.85)).word == NOT_SHOWN


def test_no_word_of_praise_where_the_test_does_not_work() -> None:
    blind = [cell("subject", "hide", "before", 0.05), cell("subject", "hide", "adaptive", 0.05)]
    assert said(*blind).word == NOT_SHOWN
    assert "Nobody recognized it on the original" in said(*blind).why
    away = said(*release(0.05, null=0.4, null_away=True))
    assert (away.word, "in doubt" in away.why) == (NOT_SHOWN, True)
    unasked = said(cell("subject", "hide", "adaptive", 0.05))
    assert unasked.word == NOT_SHOWN


def test_who_never_learned_from_the_release_shows_no_protection() -> None:
    told = said(cell("subject", "hide", "before", 0.9), cell("subject", "hide", "renormalized", 0.05))
    assert (told.word, "learned from the release" in told.why) == (NOT_SHOWN, True)


def test_a_doubt_about_a_split_that_leaks_is_none_about_the_others() -> None:
    more = cell("subject", "hide", "adaptive", 0.9, leaks=("take",), null=0.5, null_away=True)
    assert said(*release(0.3), more).word == REDUCED


def test_at_chance_only_where_something_planted_would_have_been_found() -> None:
    assert said(*release(0.05), limits=[limit(3)]).word == AT_CHANCE
    assert said(*release(0.05), limits=[limit(None), limit(3)]).word == AT_CHANCE
    assert said(*release(0.05), limits=[limit(None)]).word == NOT_SHOWN
    assert said(*release(0.3), limits=[limit(None)]).word == REDUCED


@pytest.mark.parametrize(("rate", "more", "word"), [(0.9, {}, TOLD), (0.1, {}, NOT_FOUND), (0.9, {"null_away": True}, UNSURE)])
def test_data_as_it_is_can_be_told_or_is_not_found(rate: float, more: dict[str, Any], word: str) -> None:
    assert said(cell("subject", "hide", "before", rate, **more), verb="audit").word == word


def test_no_word_promises_anything() -> None:
    for word in (NOT_SHOWN, REDUCED, AT_CHANCE, TOLD, NOT_FOUND, UNSURE):
        assert not {"safe", "anonymous", "protected", "private"} & {*word.split()}
    assert "no proof" in said(*release(0.05)).why
