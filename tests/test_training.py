"""train: who is guarded, sought and frozen, what is remembered, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import maskeleton.training
from maskeleton import checkpoint, store
from maskeleton.casting import MADE
from maskeleton.checkpoint import weights_hash
from maskeleton.cli import main
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.lesson import lesson
from maskeleton.mask import load
from maskeleton.skeleton import KINECT20
from maskeleton.splits import three_parts
from maskeleton.training import everything_learned, train
from maskeleton.verbs.train import rows_for
from maskeleton.verbs.train import train as verb

from people import crowd
from players import CPU, SEEN, TEACHING, between, one_thread, story, teach, verb_on


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    yield from one_thread()


@pytest.fixture(scope="module")
def dataset() -> MotionDataset:
    return story()


@pytest.fixture(scope="module")
def taught(dataset, tmp_path_factory) -> Path:
    """A keeper and a seeker, and those that suit no game."""
    return teach(tmp_path_factory.mktemp("taught"), {
        "keeper": (dataset, "action"), "seeker": (dataset, "gender"),
        "others": (dataset.select(dataset.labels["subject"] > 3), "subject"),
        "kinect20": (crowd(4, skeleton=KINECT20), "action")})


@pytest.fixture(scope="module")
def given(taught) -> dict[str, object]:
    return between(taught)


@pytest.fixture
def games(monkeypatch) -> list[object]:
    """Every game that is played."""
    played = []

    class Watched(maskeleton.training.Game):
        def __init__(self, *some, **more):
            super().__init__(*some, **more)
            played.append(self)

    monkeypatch.setattr(maskeleton.training, "Game", Watched)
    return played


def hashes(roles) -> list[str]:
    return [weights_hash(role.net.state_dict()) for role in roles]


# ── who takes part ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_keepers_are_frozen_and_seekers_learn(dataset, taught, given, games, tmp_path):
    mask = train(dataset, ["action"], ["gender"], set=given, out=tmp_path / "m", engine=CPU)
    keeper, seeker = (checkpoint.load(taught / name).hash for name in ("keeper", "seeker"))
    (game,) = games
    assert hashes(game.keepers) == [keeper]
    assert hashes(game.seekers) != [seeker]
    assert mask.lineage == sorted({keeper, seeker, *hashes(game.seekers)})
    assert [checkpoint.load(taught / name).hash for name in ("keeper", "seeker")] == [keeper, seeker]
    saved = load(tmp_path / "m")
    assert (saved.hash, saved.lineage, saved.keep, saved.hide) == (mask.hash, mask.lineage, ["action"], ["gender"])
    assert [row["epoch"] for row in saved.curves] == [1, 2, 3]
    seen = {f"{when}_{what}" for when in ("train", "check") for what in ("loss", "rmse", "keep_action", "hide_gender")}
    assert seen <= saved.curves[-1].keys()


def test_an_ensemble_of_many_with_several_hidden_labels(dataset, games, tmp_path):
    options = {**SEEN, **TEACHING, "algorithm": "ensemble", "keepers": 2, "seekers": 2, "epochs": 1}
    mask = train(dataset, ["action"], ["gender", "age"], set=options, out=tmp_path, engine=CPU)
    made = {path.name: checkpoint.load(path) for path in sorted((tmp_path / MADE).iterdir())}
    assert sorted(made) == ["keeper-action-0", "keeper-action-1", "seeker-age-0", "seeker-age-1", "seeker-gender-0",
                            "seeker-gender-1"]
    every = [model.hash for model in made.values()]
    assert len({*every}) == 6
    assert mask.lineage == sorted(every)
    assert sorted(hashes([*games[0].keepers, *games[0].seekers])) == sorted(every)
    assert games[0].maximizer is None
    assert {"check_hide_gender", "check_hide_age"} <= mask.curves[-1].keys()


def test_all_of_several_seekers_learn(dataset, taught, given, games):
    seekers = f"{taught / 'seeker'}, {taught / 'others'}"
    data = dataset.select(dataset.labels["subject"] > 3)
    train(data, ["action"], ["gender", "subject"], set=given | {"seeker": seekers, "epochs": 2}, engine=CPU)
    assert all(now != then for now, then in zip(hashes(games[0].seekers),
               [checkpoint.load(taught / name).hash for name in ("seeker", "others")], strict=True))


def test_a_row_of_the_paper_runs_with_small_networks(dataset, tmp_path):
    tiny = {f"{role}{key}": value for role in ("keeper", "seeker") for key, value in
            (("", "tcn"), (".widths", "8,8,8"), (".epochs", "12"), (".batch", "6"))}
    mask = verb_on(dataset, tmp_path, preset="etri-res-adv", set=tiny | {"frames": "16", "epochs": "1"}, by="all")
    assert (mask.name, mask.chain, mask.fill, mask.frames) == ("residual", "paper", "loop", 16)
    record = json.loads((tmp_path / "m" / "run.json").read_text())
    assert (record["verb"], record["options"]["preset"]) == ("train", "etri-res-adv")
    assert load(tmp_path / "m").hash == mask.hash


# ── what is remembered ───────────────────────────────────────────────────────────────────────────────────────────────


def test_only_the_anonymizer_s_part_is_looked_at(given, tmp_path):
    people = story(9, 2, 2)
    options = {**TEACHING, **SEEN, "epochs": 1, "seeker.epochs": 20, "keeper.epochs": 20}
    mask = verb_on(people, tmp_path, set={key: str(value) for key, value in options.items()})
    (parts,) = three_parts(people, "gender", None, folds=1, seed=0, keep="action")
    own = people.select(parts.anonymizer)
    assert 0 < len(own) < len(people)
    assert {*mask.trained_on["hashes"]} == {*own.hashes}
    assert np.array_equal(rows_for(people, ["action"], ["gender"], None, 0), parts.anonymizer)
    others = people.labels["subject"][np.concatenate([parts.judge, parts.test])]
    assert not {*own.labels["subject"].tolist()} & {*others.tolist()}


def test_where_everybody_does_everything_once_the_people_are_parted():
    once, twice = story(9, 3, 1), story(9, 3, 4)
    rows = rows_for(once, ["action"], ["subject"], None, 0)
    assert np.array_equal(rows, rows_for(once, ["action"], ["subject"], "person", 0))
    learned, others = once.select(rows), once.select(np.setdiff1d(np.arange(len(once)), rows))
    assert {*learned.labels["action"].tolist()} == {*once.labels["action"].tolist()}
    assert (len({*learned.labels["subject"].tolist()}), len({*others.labels["subject"].tolist()})) == (5, 4)
    assert not {*learned.labels["subject"].tolist()} & {*others.labels["subject"].tolist()}
    assert len({*twice.labels["subject"][rows_for(twice, ["action"], ["subject"], None, 0)].tolist()}) == 9  # by take
    few = story(6, 3, 1)
    assert len({*few.labels["subject"][rows_for(few, ["action"], ["subject"], None, 0)].tolist()}) == 6  # half are too few


def test_with_minutes_it_says_how_many_epochs_there_will_be_time_for(dataset, given):
    told: list[tuple[int, int]] = []
    train(dataset, ["action"], ["gender"], set=given | {"epochs": 500}, engine=CPU, minutes=0.1,
          report=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == [*range(1, len(told) + 1)]
    assert told[-1][0] < 500
    assert told[-1][1] < 2 * told[-1][0] + 10  # at the end it knows
    assert all(done <= total <= 500 for done, total in told)


def test_what_given_networks_have_seen_is_seen(dataset, given):
    part = dataset.select(np.arange(12))
    mask = train(part, ["action"], ["gender"], set=given | {"epochs": 1}, engine=CPU)
    assert {*mask.trained_on["hashes"]} == {*dataset.hashes}  # the networks learned from all
    assert {*mask.trained_on["checked"]} <= {*dataset.hashes}


def test_recordings_without_the_hidden_label_are_seen_too(dataset, given):
    unknown = dataset.select(np.arange(len(dataset)))
    unknown.labels["gender"] = np.where(np.arange(len(unknown)) % 3 == 0, -1, unknown.labels["gender"])
    mask = train(unknown, ["action"], ["gender"], set=given | {"epochs": 1}, engine=CPU)
    assert {*unknown.hashes} <= {*mask.trained_on["hashes"]}


def test_no_kept_value_is_held_back_from_the_game():
    """Where everybody does every action once, a part by take is a part by action."""
    once = story(4, 3, 1)
    task = lesson(once, "subject", None, 0.3, 0)
    assert len(task.check) == 4
    assert len({*once.labels["action"][task.learn].tolist()}) == 2
    whole = everything_learned(once, task, ["action"])
    assert len(whole.learn) == 12
    assert len(whole.check) == 0
    twice = lesson(story(4, 3, 2), "subject", None, 0.3, 0)
    assert np.array_equal(everything_learned(story(4, 3, 2), twice, ["action"]).check, twice.check)


# ── what is there already ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_is_overwritten_when_told_to_and_nothing_else_is(dataset, given, tmp_path):
    options = {key: str(value) for key, value in given.items()}
    first = verb_on(dataset, tmp_path, set=options, by="all")
    with pytest.raises(UserError, match="is there already"):
        verb_on(dataset, tmp_path, set=options, by="all")
    with pytest.raises(UserError, match="no option 'speed'"):
        verb_on(dataset, tmp_path, set=options | {"speed": "1"}, by="all", force=True)
    assert load(tmp_path / "m").hash == first.hash
    second = verb_on(dataset, tmp_path, set=options | {"privacy": "0.1"}, by="all", force=True)
    assert load(tmp_path / "m").hash == second.hash != first.hash
    for out in (tmp_path / "data", tmp_path / "data" / "m", tmp_path):
        with pytest.raises(UserError):
            verb(tmp_path / "data", out, keep=["action"], hide=["gender"], set=options, by="all", force=True)
    assert store.open(tmp_path / "data").content_id == dataset.content_id


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────

REFUSED = {
    "no hidden label": ({}, [], "no label is to be hidden"),
    "nothing that learns": ({"anonymizer": "noise"}, ["gender"], "noise has nothing that could learn"),
    "an unknown keeper": ({"keeper": "oracle"}, ["gender"], "no classifier 'oracle'"),
    "an unknown seeker": ({"seeker": "oracle"}, ["gender"], "no classifier 'oracle'"),
    "an unknown option of a seeker": ({"seeker": "tcn", "seeker.g3d": "false"}, ["gender"], "no option 'g3d' for tcn"),
    "an option of given networks": ({"keeper.widths": "8,8,8"}, ["gender"], "keeper.widths cannot be set"),
    "an unknown way to teach": ({"keeper": "tcn", "teaching": "drill"}, ["gender"], "no preset 'drill'"),
    "a label nobody is given for": ({}, ["gender", "subject"], "no seeker is given for subject"),
    "a network for another label": ({"keeper": "{seeker}"}, ["gender"], "tells gender, which no keeper is needed for"),
    "another space": ({"chain": "paper"}, ["gender"], "sees motion otherwise than this game: chain sequence"),
    "another length": ({"frames": 16}, ["gender"], "sees motion otherwise than this game: frames 8"),
    "a folder that is not there": ({"keeper": "{keeper},{keeper}s"}, ["gender"], "keepers holds no model.json"),
    "a keeper of another body": ({"keeper": "{kinect20}"}, ["gender"], "with 20 joints, the data has"),
    "a seeker of other people": ({"seeker": "{others}"}, ["subject"], "does not know these values of subject: 1, 2, 3"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_game_that_cannot_be_is_refused_before_anything_is_taught(dataset, taught, given, tmp_path, case):
    changes, hide, wrong = REFUSED[case]
    places = {name: taught / name for name in ("keeper", "seeker", "others", "kinect20")}
    options = given | {key: value.format(**places) if isinstance(value, str) else value for key, value in changes.items()}
    with pytest.raises(UserError, match=wrong) as fault:
        train(dataset, ["action"], hide, set=options, out=tmp_path / "m", engine=CPU)
    assert fault.value.remedy
    assert not (tmp_path / "m").exists()


def test_an_anonymizer_is_no_keeper_and_other_actions_are_refused(dataset, given, tmp_path):
    train(dataset, ["action"], ["gender"], set=given | {"epochs": 1}, out=tmp_path / "m", engine=CPU)
    with pytest.raises(UserError, match="holds an anonymizer"):
        train(dataset, ["action"], ["gender"], set=given | {"keeper": str(tmp_path / "m")}, engine=CPU)
    with pytest.raises(UserError, match="does not know these values of action: 03_run"):
        train(story(4, 3), ["action"], ["gender"], set=given, engine=CPU)


def test_a_seeker_that_never_learns_is_refused_with_what_was_seen(dataset, given):
    options = given | {"seeker": "tcn", "seeker.epochs": 1, "seeker.lr": 0, "seeker.widths": "8,8,8"}
    with pytest.raises(UserError, match=r"the seeker of subject never learned it: it is right in 0\.1\d .* did not learn "
                                        r"from, where always saying the most frequent is right in 0\.17") as fault:
        train(dataset, ["action"], ["subject"], set=options, engine=CPU)
    assert "--set seeker.epochs=100" in fault.value.remedy


def test_a_label_of_any_name_stays_in_its_folder(dataset, given, tmp_path):
    odd = dataset.select(np.arange(len(dataset)))
    odd.labels["../../sex"] = odd.labels["gender"]
    odd.names["../../sex"] = odd.names["gender"]
    options = {**given, "seeker": "tcn", "epochs": 1, **{key: TEACHING[key] for key in TEACHING if "seeker" in key}}
    train(odd, ["action"], ["../../sex"], set=options, out=tmp_path / "a" / "b" / "m", engine=CPU)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["m"]


SAID = {
    "one recording": ([0], [], "has 1 class"),
    "one person": ([0, 1, 2, 3, 4, 5], ["--hide", "repetition"], ""),
    "one value": ([0, 2, 4, 12], [], "has 1 class"),
    "no such label": (None, ["--hide", "weight"], "there is no label 'weight'"),
    "kept and hidden": (None, ["--hide", "action"], "action cannot be kept and hidden"),
    "an unknown option": (None, ["--set", "speed=3"], "there is no option 'speed'"),
    "an unknown preset": (None, ["--preset", "etri"], "there is no preset 'etri'"),
    "an unknown anonymizer": (None, ["--anonymizer", "magic"], "there is no anonymizer 'magic'"),
    "an unknown algorithm": (None, ["--algorithm", "luck"], "'algorithm' cannot be 'luck'"),
    "an unknown split": (None, ["--split", "luck"], "luck"),
    "a device there is not": (None, ["--device", "abacus"], "no device 'abacus'"),
}


@pytest.mark.parametrize("case", SAID)
def test_the_command_line_says_what_is_wrong(dataset, tmp_path, capsys, case):
    rows, words, wrong = SAID[case]
    store.write(dataset if rows is None else dataset.select(rows), tmp_path / "data")
    with pytest.raises(SystemExit) as end:
        main(["train", str(tmp_path / "data"), str(tmp_path / "m"), "--keep", "action", "--hide", "gender", "--device",
              "cpu", *words])
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert wrong in said
    assert "  try: " in said
    assert not (tmp_path / "m").exists()


def test_the_command_line_trains(dataset, given, tmp_path, capsys):
    store.write(dataset, tmp_path / "data")
    words = [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
    with pytest.raises(SystemExit) as end:
        main(["train", str(tmp_path / "data"), str(tmp_path / "m"), "--keep", "action", "--hide", "gender", "--split",
              "all", "--device", "cpu", *words])
    said = capsys.readouterr().out
    assert end.value.code == 0
    assert "36 of 36 recordings are learned from" in said
    assert "residual, 3 epochs; as it stands at the end: hide gender" in said
    assert "for maskeleton evaluate to say" in said
