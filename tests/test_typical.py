"""typical: what is shown is read off, and shown the way people usually do it; hardly anything of the own way stays."""

import numpy as np
import pytest
import torch

from maskeleton import store
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.apply import anonymized, replaced, shown_by
from maskeleton.body import bone_lengths
from maskeleton.crowd import release_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.mask import Mask, built_of, load, save, usual_options
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25
from maskeleton.training import train
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.evaluate import evaluate
from maskeleton.verbs.targeting import reach
from maskeleton.verbs.train import unknown_values

from crowds import about_y, waver

ACTIONS = {1: {"swing": 0.3, "hertz": 0.5}, 2: {"swing": 0.9, "hertz": 1.0}}
LASTS = {1: 60, 2: 120}  # frames


def crew(people=6, takes=3, actions=(1, 2)):
    """Person p is larger than the one before, leans more, swings further and turns as he likes."""
    motions = []
    for person, action, take in np.ndindex(people, len(actions), takes):
        how = ACTIONS[actions[action]]
        body = waver(LASTS[actions[action]] + 3 * person, 0.9 + 0.05 * person, np.radians(4 * person - 10),
                     how["swing"] * (0.8 + 0.08 * person), how["hertz"] * (1 + 0.02 * take), turn=0.2 * person,
                     away=(0.2 * person, 0.1), noise=0.002)
        motions.append(Motion.of(body, f"P{person}A{action}T{take}", {"subject": person + 1, "action": actions[action]}))
    return MotionDataset.of(KINECT25, 30, motions)


CREW = crew()


def typical(dataset=CREW, **options):
    net = ANONYMIZERS["typical"](KINECT25, **{"noise": 0.0, "after": 0.0, "lively": 0.0, "stranger": 0.0} | options).eval()
    net.prepare(dataset)
    return net


def through(net, *bodies, seed=1):
    """(T, P, J, 3) of bodies (T, J, 3) side by side."""
    positions = torch.from_numpy(np.stack(bodies, 1))[None]
    with torch.inference_mode():
        found, there = net(positions, torch.ones(positions.shape[:3], dtype=torch.bool), torch.tensor([seed]))
    return found[0].numpy(), there[0].numpy()


def stranger(action, frames=None, **more):
    return waver(frames or LASTS[action] + 6, 1.04, 0.03, **{"noise": 0.002} | ACTIONS[action] | more)


def swings(body):
    """How far the left hand goes."""
    return np.linalg.norm(body[:, 7] - body[:, 4] - (body[:, 7] - body[:, 4]).mean(0), axis=-1).max()


def test_two_people_who_do_the_same_come_out_the_same_and_two_actions_do_not():
    net = typical()
    one, other, another = (through(net, stranger(action, **more))[0][:, 0] for action, more in
                           ((1, {"swing": 0.25, "turn": 1.0}), (1, {"swing": 0.35, "away": (1.0, 1.0)}), (2, {})))
    assert len(one) == len(other)
    assert np.abs(one - other).max() < 0.03
    assert swings(another) > 1.5 * swings(one)
    lengths = bone_lengths(one, KINECT25)
    np.testing.assert_allclose(lengths, np.broadcast_to(net.lengths, lengths.shape), atol=1e-5)


def test_it_lasts_as_long_as_what_it_shows_or_as_long_as_it_did():
    given = {1: 76, 2: 112}
    for share, wanted in ((1.0, {1: 67, 2: 127}), (0.0, given)):
        net = typical(duration=share)
        for action, frames in wanted.items():
            assert len(through(net, stranger(action, given[action]))[0]) == pytest.approx(frames, abs=2)


def test_of_recordings_that_come_to_last_differently_each_is_as_it_would_be_alone():
    net = typical()
    lost = {"tracked": np.full((96, 1, 25), 1, np.uint8)}
    motions = [Motion.of(stranger(action, 96), f"r{place}", {}, **lost) for place, action in enumerate((1, 2, 1))]
    together = list(anonymized(Mask(net, "typical"), motions, KINECT25, b"k" * 32))
    assert [len(motion.present) for motion in together] == pytest.approx([67, 127, 67], abs=2)
    for motion, found in zip(motions, together, strict=True):
        alone = next(iter(anonymized(Mask(net, "typical"), [motion], KINECT25, b"k" * 32)))
        assert found.present.all()
        assert (found.tracked == 2).all()
        np.testing.assert_allclose(found.positions, alone.positions, atol=1e-5)


def test_who_turns_to_the_left_turns_to_the_left():
    def turning(person, left, frames=70):
        body = waver(frames, 0.9 + 0.03 * person, 0.0, **ACTIONS[1])
        return np.stack([at @ about_y(left * angle) for at, angle in zip(body, np.linspace(-0.6, 0.6, frames), strict=True)]
                        ).astype(np.float32)

    def turned(body):
        across = body[:, 12] - body[:, 16]
        return np.unwrap(np.arctan2(across[:, 2], across[:, 0]))[[0, -1]] @ (-1, 1)

    motions = [Motion.of(turning(person, left), f"P{person}A{left}", {"subject": person + 1, "action": 1 if left > 0 else 2})
               for person in range(9) for left in (1, -1)]
    net = typical(MotionDataset.of(KINECT25, 30, motions))
    for left in (1, -1):
        given = turning(4, left)
        assert abs(turned(given)) == pytest.approx(1.2, abs=0.01)
        assert turned(through(net, given)[0][:, 0]) == pytest.approx(turned(given), abs=0.3)


def test_who_ends_before_a_neighbour_has_no_empty_frames():
    positions, there = np.zeros((9, 1, 25, 3), np.float32), np.ones((9, 1), bool)
    motion = Motion.of(positions, "r", {})
    there[6:] = False
    assert len(replaced(motion, positions, there).present) == 6  # and the neighbour lasts as long as this one did
    assert len(replaced(motion._replace(present=there), positions, there).present) == 9  # nobody was there before


def test_a_share_of_the_own_way_stays():
    far = [np.abs(np.subtract(*(through(typical(typical=share, duration=0.0), stranger(1, swing=swing))[0]
                                for swing in (0.2, 0.4)))).max() for share in (0.0, 0.5, 1.0)]
    assert far[0] > 1.3 * far[1] > 2 * far[2]


def test_draws_differ_from_recording_to_recording():
    varied = MotionDataset.of(KINECT25, 30, [motion._replace(labels={"subject": int(motion.labels["subject"]), "action": 1})
                                             for motion in CREW])
    net = typical(varied, after=1.0)
    one, again, other = (through(net, stranger(1), seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.linalg.norm(one - other, axis=-1).mean() > 0.005


def test_a_draw_differs_as_people_do_who_show_the_same():
    """Those who do the first differ in the left arm, those who do the second in how they lean."""
    motions = [Motion.of(waver(60, 1.0, 0.04 * person if action == 2 else 0.0, 0.1 + (0.1 * person if action == 1 else 0.3),
                               0.5 * action), f"P{person}A{action}", {"subject": person + 1, "action": action})
               for person in range(9) for action in (1, 2)]
    net = typical(MotionDataset.of(KINECT25, 30, motions), after=1.0)
    swung, leant = {}, {}
    for action in (1, 2):
        found = [through(net, waver(60, 1.0, 0.0, 0.35, 0.5 * action), seed=seed)[0][:, 0] for seed in range(12)]
        swung[action] = np.std([swings(body) for body in found])
        leant[action] = np.std([(body[:, 20] - body[:, 0]).mean(0) for body in found], 0).max()
    assert swung[1] > 2 * swung[2]
    assert leant[2] > 3 * leant[1]


def test_what_a_recording_is_said_to_show_is_shown():
    """Codes differ from those it learned; names are what counts. Who has no label, or one that is not known, is read."""
    named = MotionDataset.of(KINECT25, 30, [motion._replace(labels={"subject": motion.labels["subject"], "action":
                                            {1: "wave", 2: "hail"}[int(motion.labels["action"])]}) for motion in CREW])
    nets = {told: typical(named, told=told) for told in (1, 0)}
    assert (nets[1].values, nets[1].told, nets[0].told) == (("hail", "wave"), "action", "")

    def far(told, **labels):
        given = MotionDataset.of(KINECT25, 30, [Motion.of(stranger(1, 100), "r", labels),
                                                Motion.of(stranger(2, 100), "other", {"action": "a bow"})])
        source = release_of(Mask(nets[told], "typical"), given, b"k" * 32)
        return swings(next(iter(source.read(0))).positions[:, 0])

    little, much = far(1, action="wave"), far(1, action="hail")
    assert much > 1.5 * little
    for said in ({}, {"action": "jump"}):
        assert far(1, **said) == pytest.approx(little, rel=0.05)
    assert far(0, action="hail") == pytest.approx(little, rel=0.05)


def test_a_value_is_known_by_its_name_and_what_is_not_known_has_none():
    mask = Mask(ANONYMIZERS["typical"](KINECT25, waves=1, ways=1, values=["None", "7"]), "typical")
    motions = [CREW[0]._replace(labels=labels) for labels in ({"action": "None"}, {"action": 7}, {"action": "8"}, {})]
    assert shown_by(mask, motions) == [0, 1, -1, -1]


def test_where_nobody_is_nothing_is_shown():
    positions, nobody = torch.zeros(2, 5, 1, 25, 3), torch.zeros(2, 5, 1, dtype=torch.bool)
    moved, there = typical(duration=0.0)(positions, nobody, torch.tensor([1, 2]), torch.tensor([0, -1]))
    assert torch.equal(moved, positions)
    assert not there.any()


def test_everybody_is_somebody_else_who_never_was():
    """The body and the length come of lots alone: two people with the same lots get the same."""
    net = typical(stranger=0.7)
    small, tall = waver(66, 0.9, 0.0, **ACTIONS[1]), waver(66, 1.2, 0.2, **ACTIONS[1])
    built = {}
    for seed in range(40):
        one, other = through(net, small, seed=seed)[0][:, 0], through(net, tall, seed=seed)[0][:, 0]
        assert len(one) == len(other)
        lengths = bone_lengths(one, KINECT25)
        np.testing.assert_allclose(lengths, np.broadcast_to(lengths[0], lengths.shape), atol=1e-5)  # a body is rigid
        np.testing.assert_allclose(lengths[0], bone_lengths(other, KINECT25)[0], atol=1e-5)
        built[seed] = len(one), lengths[0]
    sizes = np.log(np.median([lengths / net.lengths.numpy().clip(1e-3) for _, lengths in built.values()], 1))
    known = np.log(0.9 + 0.05 * np.arange(6)).std()  # how far those differ whom it knows
    assert 0.4 * known < sizes.std() < 1.1 * known
    assert abs(sizes.mean()) < known / 2
    assert len({frames for frames, _ in built.values()}) > 3


def test_what_trembles_comes_back_as_strong_as_it_is_with_people():
    plain, lively = typical(), typical(lively=1.0)
    shaking = [float(np.abs(np.diff(through(net, stranger(1))[0][:, 0, 7], 2, axis=0)).mean()) for net in (plain, lively)]
    own = float(np.mean([np.abs(np.diff(motion.positions[:, 0, 7], 2, axis=0)).mean() for motion in CREW
                         if motion.labels["action"] == 1]))
    assert shaking[0] < own / 2
    assert own / 2 < shaking[1] < 2 * own


def test_swings_that_are_filled_in_leave_both_ends_as_they_usually_are():
    """Of one recording under many keys: in the middle hands are elsewhere each time, at the ends they only tremble."""
    net = typical(lively=1.0)
    net.lively[:, :, :3] = -2.0  # people swing far and slowly, each in their own time
    hands = np.array([through(net, stranger(1), seed=seed)[0][:, 0, 7] - through(net, stranger(1), seed=seed)[0][:, 0, 0]
                      for seed in range(12)])
    apart = hands.std(0).mean(-1)
    assert max(apart[0], apart[-1]) < 0.5 * apart[len(apart) // 4 : -len(apart) // 4].mean()


def test_feet_that_tremble_do_not_shake_the_body():
    """The lower foot carries: were it held still, the root would tremble in its place."""
    calm, lively = (through(net, stranger(1))[0][:, 0] for net in (typical(), typical(lively=1.0)))
    shaking = {name: [float(np.abs(np.diff(body[:, joint], 3, axis=0)).mean()) for body in (calm, lively)]
               for name, joint in (("root", 0), ("foot", 15))}
    assert shaking["foot"][1] > 5 * shaking["foot"][0]
    assert shaking["root"][1] < shaking["foot"][1] / 5


def test_a_second_body_has_a_way_of_its_own():
    """Who is first waves the left arm; the other one hardly moves."""
    motions = [Motion.of(np.stack([stranger(1, 60 + take, swing=0.5 + 0.02 * person),
                                   waver(60 + take, swing=0.05, turn=np.pi, away=(0.0, 1.0))], 1), f"P{person}R{take}",
                         {"subject": person + 1, "action": 1}) for person in range(5) for take in range(4)]
    net = typical(MotionDataset.of(KINECT25, 30, motions))
    found, _ = through(net, stranger(1, 60, swing=0.5), waver(60, swing=0.05, turn=np.pi, away=(0.0, 1.0)))
    assert swings(found[:, 0]) > 3 * swings(found[:, 1])
    between = found[:, 1, 0] - found[:, 0, 0]
    assert np.linalg.norm(between[:, ::2], axis=-1).mean() == pytest.approx(1.0, abs=0.2)  # they stay as far apart
    across = [body[0, 12] - body[0, 16] for body in (found[:, 0], found[:, 1])]
    assert across[0] @ across[1] < 0  # and face each other


def test_a_value_that_few_people_show_is_not_known():
    third = [motion._replace(id=f"x{row}", labels={"subject": row % 3 + 1, "action": 3}) for row, motion in enumerate(crew(1))]
    assert typical(MotionDataset.of(KINECT25, 30, [*CREW, *third])).kinds == 2
    rare = [motion._replace(labels={"subject": int(motion.labels["subject"]), "action": 2 if motion.labels["subject"] > 3 else 1})
            for motion in CREW]
    with pytest.raises(UserError, match="no action is shown by 4 people"):
        typical(MotionDataset.of(KINECT25, 30, rare))
    with pytest.raises(UserError, match="give the label 'mood'"):
        typical(within="mood")
    assert typical(within="mood", typical=0.0).kinds == 0


def test_an_option_that_is_none():
    with pytest.raises(UserError, match="'typical' cannot be 1.5"):
        ANONYMIZERS["typical"](KINECT25, typical=1.5)
    with pytest.raises(UserError, match="'told' cannot be 2"):
        ANONYMIZERS["typical"](KINECT25, told=2)
    with pytest.raises(UserError, match="'lively' cannot be 2"):
        ANONYMIZERS["typical"](KINECT25, lively=2)
    with pytest.raises(UserError, match="'stranger' cannot be -1"):
        ANONYMIZERS["typical"](KINECT25, stranger=-1)
    with pytest.raises(UserError, match="no option 'values' for typical"):
        built_of("typical", KINECT25, {"values": 2})
    assert {"typical", "posture", "rate", "duration"} <= usual_options("typical").keys()
    assert {"typical", "posture", "width", "causal"} <= usual_options("temporal").keys()


def test_it_is_kept_and_loaded_with_as_many_values_as_it_knows(tmp_path):
    net = typical()
    save(Mask(net, "typical"), tmp_path / "model")
    again = load(tmp_path / "model").net
    assert again.kinds == 2
    np.testing.assert_array_equal(through(again, stranger(2))[0], through(net, stranger(2))[0])


def test_a_model_of_more_actions_than_any_list_of_options_is_loaded(tmp_path):
    values = [f"A{number:03d}" for number in range(120)]
    net = ANONYMIZERS["typical"](KINECT25, waves=1, ways=1, values=values)
    save(Mask(net.eval(), "typical"), tmp_path / "model")
    assert load(tmp_path / "model").net.values == tuple(values)


def test_prepared_by_train_it_knows_the_label_that_is_kept():
    net = train(CREW, ["action"], [], set={"anonymizer": "typical"}).net
    assert (net.kinds, net.options["within"], net.carries) == (2, "action", ("action",))
    with pytest.raises(UserError, match="no subject is shown by 4 people"):
        train(CREW, ["subject"], [], set={"anonymizer": "typical"})


def test_values_of_which_nothing_is_learned_are_told():
    only = np.flatnonzero(CREW.labels["action"] == 1)
    assert list(unknown_values(CREW, np.arange(len(CREW)), ["action"])) == []
    assert "1 of 2 values of action are not among" in next(unknown_values(CREW, only, ["action"]))


def test_it_is_reached_from_the_verb_and_says_what_it_carries(tmp_path):
    store.write(CREW, tmp_path / "data")
    anonymize(tmp_path / "data", tmp_path / "out", mask="typical")
    history = str(store.open(tmp_path / "out").history)
    assert "carries" in history
    assert "usually do" in history


def test_by_its_name_it_is_evaluated_and_a_target_is_found(tmp_path):
    people = crew(8, 3)
    store.write(people, tmp_path / "data")
    anonymize(tmp_path / "data", tmp_path / "out", mask="typical", set={"within": "action", "typical": "0.9"})
    asked = {"keep": ["action"], "hide": ["subject"], "seeds": 1}
    card = evaluate(tmp_path / "data", tmp_path / "out", mask="typical", threats=["before", "adaptive", "analytic"],
                    attacks=["features"], set={"trees": "no"}, nulls=False, limits=False, **asked)
    assert {"before", "adaptive", "analytic"} <= {cell.threat for cell in card.cells}
    found = reach(people, "typical", {}, 0.9, ["subject"], ["action"], tmp_path)
    assert found.said.startswith(f"typical={found.setting.options['typical']}: subject told in ")
    assert float(found.said.split("[")[1].split(",")[1].split("]")[0]) <= 0.9
    with pytest.raises(UserError, match="no mood is shown"):
        anonymize(tmp_path / "data", tmp_path / "other", mask="typical", set={"within": "mood"})
