"""temporal, and the terms it is taught by: no posture comes back, nothing looks ahead, what is planted is found and goes."""

import math

import numpy as np
import pytest
import torch

from maskeleton.algorithms.adversarial import minimize
from maskeleton.algorithms.game import Game, Role
from maskeleton.algorithms.losses import entropy
from maskeleton.algorithms.straight import halves, linked, straight, within
from maskeleton.algorithms.tally import Tally
from maskeleton.algorithms.terms import TERMS, Looks
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.anonymizers.streaming import one_after_another, smoothed, so_far
from maskeleton.anonymizers.variety import variety
from maskeleton.batch import Batch
from maskeleton.body import bone_lengths
from maskeleton.casting import kinds_of as kinds_named
from maskeleton.classifiers.geometric import Geometric
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine
from maskeleton.errors import UserError
from maskeleton.fit import fit
from maskeleton.games import GAMES, arranged
from maskeleton.linear import zscored_within
from maskeleton.manner import Manner
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25
from maskeleton.training import train

from crowds import about_z, waver, wavers
from players import SEEN, TINY, StopHere, story

CPU = Engine("cpu", "float32")
SMALL = {"width": 8, "depth": 2, "lots": 4, "ways": 8, "waves": 8}
ALONE = {"typical": 0.0, "duration": 0.0}  # on top of neutral: see test_typical.py
STILL = {"before": 0.0, "after": 0.0, "noise": 0.0, "rest": 0.0}  # nothing is drawn by lot, nothing is faded in


def temporal(dataset, shaken=0.0, **options):
    torch.manual_seed(2)
    net = ANONYMIZERS["temporal"](KINECT25, **SMALL, **ALONE | options).eval()
    with torch.no_grad():
        for weight in net.turner.parameters():
            weight += shaken * torch.randn_like(weight)
    net.prepare(dataset)
    return net


def released(net, motion, seed=1):
    positions = torch.from_numpy(np.array(motion))[None, :, None]
    with torch.inference_mode():
        return net(positions, torch.ones(positions.shape[:3], dtype=torch.bool), torch.tensor([seed]))[0][0, :, 0]


# ── what it makes ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("causal", [0, 1])
def test_everybody_has_the_same_bones_whatever_the_network_says(causal):
    net = temporal(wavers(), 0.3, causal=causal)
    small, large = (released(net, waver(size=size, lean=size - 1, swing=size), 2).numpy() for size in (0.6, 1.4))
    lengths = [bone_lengths(body, KINECT25) for body in (small, large)]
    np.testing.assert_allclose(lengths[0], lengths[1], atol=1e-5)
    assert np.abs(small - large).max() > 0.01


def test_a_posture_does_not_come_back_whatever_the_network_says():
    net = temporal(wavers(), 0.1, **STILL)
    upright, leaning = (released(net, waver(lean=lean)) for lean in (0.0, 0.3))
    for body in (upright, leaning):
        spine = (body[:, 1] - body[:, 0]).mean(0)
        usual = net.posture[1] / net.posture[1].norm()
        assert torch.rad2deg(torch.acos((spine / spine.norm() @ usual).clamp(max=1))) < 2



def test_every_recording_is_moved_by_lots_of_its_own():
    net = temporal(wavers(), 0.1, noise=0.0, within="subject")
    one, again, other = (released(net, waver(), seed) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert (one - other).norm(dim=-1).mean() > 0.005


@pytest.mark.parametrize(("causal", "agrees"), [(1, True), (0, False)])
def test_the_causal_form_does_not_look_ahead(causal, agrees):
    net = temporal(wavers(), 0.2, causal=causal)
    motion = waver(60, lean=0.2, turn=0.3)
    later = motion.copy()
    later[40:] = waver(60, size=1.3, swing=1.5, hertz=2, away=(1.0, 1.0), turn=-1.0)[40:]
    whole = released(net, motion)
    for other in (later, motion[:40]):
        assert torch.allclose(released(net, other)[:40], whole[:40], atol=1e-5) == agrees
    assert (released(net, later)[40:] - whole[40:]).abs().max() > 0.05


def test_a_causal_form_that_is_neither_nor():
    with pytest.raises(UserError, match="causal"):
        ANONYMIZERS["temporal"](KINECT25, causal=2)


def test_running_means_begin_where_tracks_begin_and_forget():
    track = torch.cat([torch.zeros(1, 50), torch.ones(1, 250)], 1)
    slow = smoothed(track, 1.0, 30)
    assert slow[0, 49] == 0
    assert slow[0, 50 + 5].item() == pytest.approx(1 - math.exp(-2 * math.pi * 6 / 30), abs=1e-5)
    assert slow[0, -1] > 0.999
    assert so_far(torch.tensor([[2.0, 4.0]]), torch.tensor([0.0]), 1.0).tolist() == [[1.0, 2.0]]


def test_stretches_fade_into_one_another_and_are_always_as_loud():
    torch.manual_seed(1)
    tracks = one_after_another(torch.randn(400, 4, 1, 20), 60, 20)[:, 0]
    loud = tracks.square().mean(0)
    assert loud.min() > 0.7 * loud.mean()
    assert loud.max() < 1.3 * loud.mean()
    longer = one_after_another(torch.cat([torch.ones(1, 3, 1, 8), torch.zeros(1, 2, 1, 8)], 1), 70, 20)
    torch.testing.assert_close(longer[..., :30], one_after_another(torch.ones(1, 3, 1, 8), 30, 20))


# ── how people differ ────────────────────────────────────────────────────────────────────────────────────────────────


def test_variety_is_what_differs_within_a_kind_and_as_large():
    rng = np.random.default_rng(0)
    kinds, away = np.repeat([0, 1], 200), rng.standard_normal(400)
    rows = np.zeros((400, 5), np.float32)
    rows[:, 0] = 100 * kinds  # what is done
    rows[:, 1] = 3 * away  # how
    found = variety(rows, kinds, 4)
    assert found.shape == (4, 5)
    assert abs(found[0, 1]) == pytest.approx(3, rel=0.12)
    assert np.abs(np.delete(found[0], 1)).max() < 1e-3
    assert np.abs(found[1:]).max() < 1e-3
    assert not variety(rows[:2], np.array([0, 1]), 4).any()  # each the only one of its kind


def test_variety_is_of_the_label_that_it_is_asked_about():
    """Everybody does an action alike but for size; actions differ in how far one waves."""
    data = MotionDataset.of(KINECT25, 30, [
        Motion.of(waver(60 + take, 0.9 + 0.05 * person, 0.0, 0.3 + 0.1 * take, noise=0.002), f"P{person}R{take}",
                  {"subject": person + 1, "action": take + 1}) for person in range(4) for take in range(4)])
    alike, apart = temporal(data, within="action"), temporal(data, within="subject")
    assert 0 < alike.varied.norm() < 0.1 * apart.varied.norm()


# ── the terms ────────────────────────────────────────────────────────────────────────────────────────────────────────


def planted(rows=120, size=2.0, seed=0):
    torch.manual_seed(seed)
    truth = torch.arange(rows) % 3
    traits = torch.randn(rows, 40)
    traits[torch.arange(rows), 7 + truth] += size
    return traits, truth


def test_a_linear_seeker_finds_what_is_planted_and_nothing_in_innocents():
    learn = torch.arange(120) < 60
    for size, least, most in ((3.0, 0.7, 1.0), (0.0, 0.1, 0.58)):
        traits, truth = planted(size=size)
        right = (straight(traits, truth, 3, learn).argmax(1) == truth[~learn]).float().mean()
        assert least <= right <= most  # of 60 innocent ones .58 would be four standard deviations


def test_a_gradient_takes_from_a_linear_seeker_what_it_would_learn():
    traits, truth = planted(size=3.0)
    share = torch.ones(40, requires_grad=True)
    said = straight(traits * share, truth, 3, torch.arange(120) < 60)
    (-entropy(said, truth)).backward()
    assert share.grad.isfinite().all()
    assert share.grad.abs().argmax() in (7, 8, 9) or share.grad.abs().max() < 1e-4  # a scale alone is evened out again


def test_within_is_how_the_judges_see_it():
    traits, _ = planted()
    kinds = torch.arange(120) % 7 + 3
    np.testing.assert_allclose(within(traits, kinds).numpy(), zscored_within(traits.numpy(), kinds.numpy()), atol=1e-4)


def test_halves_are_of_groups_where_there_are_enough():
    torch.manual_seed(0)
    groups = torch.arange(60) % 6
    learn = halves(groups)
    assert learn.sum() == 30
    assert all(len(set(learn[groups == group].tolist())) == 1 for group in range(6))
    assert 5 < halves(groups % 2).sum() < 55


def test_releases_are_linked_where_a_person_is_alike():
    traits, truth = planted(size=6.0)
    assert linked(traits, truth) > 0.02
    assert linked(planted(size=0.0)[0], truth) < 0.01
    assert linked(traits, torch.zeros(120)) == 0


def looks(keep="action", hide="subject", values=4):
    return Looks(Manner(KINECT25), KINECT25.parents, KINECT25.need("left_hip", "right_hip"), [keep], [hide],
                 {keep: 2, hide: values})


def tremblers(takes=6, people=4, frames=24):
    """Of everybody another limb trembles; who does the second action waves the left arm twice as often."""
    motions = []
    for person, action, take in np.ndindex(people, 2, takes):
        body = waver(frames, swing=0.5, hertz=1.3 + 1.3 * action, noise=0.002)
        tremor = 0.6 * np.sin(2 * np.pi * 2.5 * np.arange(frames) / 30 + take)[:, None]
        limb = ((9, 10, 11), (13, 14, 15), (17, 18, 19), (2, 3))[person]
        for joint in limb:
            away = body[:, joint] - body[:, limb[0] - 1]
            body[:, joint] += tremor * (away @ about_z(0.5) - away)
        motions.append(Motion.of(body.astype(np.float32), f"P{person}A{action}T{take}",
                                 {"subject": person + 1, "action": action + 1}))
    return MotionDataset.of(KINECT25, 30, motions)


def batch_of(data, seed):
    positions = torch.from_numpy(np.stack([motion.positions for motion in data]))
    labels = {label: torch.from_numpy(data.labels[label] - 1).long() for label in ("subject", "action")}
    return Batch(positions, torch.ones(positions.shape[:3], dtype=torch.bool), labels, torch.arange(len(data)) + seed)


def share_right(look, game, data, label):
    """How often closed-form judges are right who learned from half of the takes of a release; of three draws."""
    learn, found = torch.arange(len(data)) % 2 == 0, []
    for draw in range(3):
        batch = batch_of(data, 10_000 * (draw + 1))
        said = straight(look.of(game.released(batch)), batch.labels[label], look.classes[label], learn)
        found.append((said.argmax(1) == batch.labels[label][~learn]).float().mean().item())
    return sum(found) / 3


def test_a_planted_tremor_is_found_before_and_gone_after_and_actions_stay():
    data, look = tremblers(), looks()
    options = {"tempo": 0.0, "lowpass": 0.0, "coordination": 0.0, "amplitude": 0.0, "noise": 0.0, "rest": 0.0}

    def game(**more):
        net = temporal(data, **options, **more)
        return Game(net, lr_min=0.03, optimizer="adamw", weights={"straight": 6.0, "guard": 4.0}, looks=look, engine=CPU)

    plain, learning = game(before=0.0, after=0.0), game(before=1.0, after=1.0)
    for step in range(20):
        torch.manual_seed(step)
        minimize(learning, batch_of(data, 1000 * step), Tally())
    assert share_right(look, plain, data, "subject") > 0.9
    assert share_right(look, learning, data, "subject") < 0.65  # chance is .25; six trainings left .32 to .56
    assert share_right(look, learning, data, "action") > 0.8


def test_every_term_is_small_where_there_is_nothing_to_see_and_larger_where_there_is():
    data, look = tremblers(), looks()
    torch.manual_seed(0)
    batch = batch_of(data, 0)
    same = batch._replace(positions=batch.positions[:1].expand_as(batch.positions) +
                          0.003 * torch.randn_like(batch.positions))
    shaken = batch._replace(positions=batch.positions + 0.05 * torch.randn_like(batch.positions))
    assert TERMS["straight"](look, batch, batch) > TERMS["straight"](look, same, batch) + 0.2
    assert TERMS["guard"](look, batch, batch) < TERMS["guard"](look, same, batch)
    assert TERMS["linkage"](look, batch, batch) > TERMS["linkage"](look, same, batch)
    assert TERMS["peers"](look, batch, batch) < TERMS["peers"](look, shaken, batch)
    assert TERMS["smooth"](look, batch, batch) == 0
    assert TERMS["smooth"](look, shaken, batch) > 1


# ── the game ─────────────────────────────────────────────────────────────────────────────────────────────────────────

def test_one_seeker_after_the_other_begins_anew():
    nets = [Geometric(KINECT25, 2, each=2, widths=(4, 4)) for _ in range(2)]
    game = Game(nets[0], [], [Role(net, "subject") for net in nets], lr_min=0.01, lr_max=0.01, engine=CPU)
    before = [net.head.weight.clone() for net in nets]
    game.renew(1)
    assert [torch.equal(net.head.weight, was) for net, was in zip(nets, before, strict=True)] == [True, False]
    game.renew(2)
    assert not torch.equal(nets[0].head.weight, before[0])
    frozen = Game(nets[0], [], [Role(nets[1], "subject")], lr_min=0.01, engine=CPU)
    with pytest.raises(UserError, match="do not learn"):
        frozen.renew(0)


def test_it_has_a_game_of_its_own_and_takes_people_as_they_were_recorded():
    assert arranged("default", {"anonymizer": "temporal"})[0] == arranged("temporal")[0]
    assert arranged("temporal", {"causal": "1"})[1]["causal"] == 1
    assert GAMES["temporal"]["chain"] == "none"
    assert kinds_named("tcn:bone, geometric") == [("tcn", {"stream": "bone"}), ("geometric", {})]
    with pytest.raises(UserError, match="as they were recorded"):
        train(story(), ["action"], ["gender"], preset="temporal", set=SEEN | SMALL | {"chain": "sequence"}, engine=CPU)


def test_training_goes_on_where_it_was_stopped_resets_and_several_hidden_labels_too(tmp_path):
    data, teaching = story(), TINY | {"chain": "none", "epochs": 1}
    for label, kind in (("action", "tcn"), ("subject", "tcn"), ("gender", "tcn")):
        fit(kind, data, label, set=teaching, out=tmp_path / label, engine=CPU)
    options = SEEN | SMALL | {"keeper": str(tmp_path / "action"), "seeker": f"{tmp_path / 'subject'},{tmp_path / 'gender'}",
                              "batch": 18, "shown": 6, "epochs": 2, "resets": 1, "min_steps": 1}

    def trained(**more):
        return train(data, ["action"], ["subject", "gender"], preset="temporal", set=options, engine=CPU, **more)

    def interrupt(done, of):
        raise StopHere

    whole = trained()
    seen = whole.curves[-1].keys()
    assert {"check_hide_subject", "check_hide_gender", "check_straight", "check_linkage", "check_peers"} <= seen
    assert whole.net.options["within"] == "action"
    with pytest.raises(StopHere):
        trained(out=tmp_path / "m", report=interrupt)
    assert trained(out=tmp_path / "m").hash == whole.hash
