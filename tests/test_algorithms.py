"""The paper's algorithms on people whose secret is in one hand and whose action is in the other elbow."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from maskeleton.algorithms import ALGORITHMS, SEEKERS_LEARN
from maskeleton.algorithms.epoch import epoch, look
from maskeleton.algorithms.game import OPTIMIZERS, Game, Role
from maskeleton.algorithms.losses import DISTANCES, OBJECTIVES, entropy, mean_square, recognized, sum_square
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.batch import Batch
from maskeleton.checkpoint import load_state, save_state
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.engine import Engine
from maskeleton.errors import UserError
from maskeleton.skeleton import KINECT15, Skeleton

CHAIN = Skeleton.of("chain", ("hand", "elbow", "chest"), (1, 2, -1))
CPU = Engine("cpu", "float32")
AWAY = 0.2  # metres between two secrets, and between two actions
# Everything on the shelf, with what of a game it asks for.
ASKS = {"adversarial": {"lr_max": 0.01, "min_steps": 2}, "ensemble": {}, "reconstruct": {}}


class Reader(nn.Module):
    """Tells a label from the mean pose, by one plane; with a norm that could be disturbed and a dropout that shows."""

    def __init__(self):
        super().__init__()
        self.scale, self.blur, self.head = nn.BatchNorm1d(9), nn.Dropout(0.2), nn.Linear(9, 2)

    def forward(self, positions, present):
        there = present[..., None, None].float()
        pose = (positions * there).sum((1, 2)) / there.sum((1, 2)).clamp(min=1)
        return self.head(self.blur(self.scale(pose.flatten(1))))


def people(rows=64, seed=0):
    """The hand is to one side or the other by who it is, the elbow higher or lower by what is done."""
    rng = np.random.default_rng(seed)
    secret, action = rng.integers(0, 2, rows), rng.integers(0, 2, rows)
    poses = rng.normal(0, 0.05, (rows, 1, 2, 3, 3)) + np.array([[0, 0.3, 0], [0, 0.2, 0], [0, 0, 0]])
    positions = poses + rng.normal(0, 0.02, (rows, 4, 2, 3, 3))
    positions[..., 0, 0] += (AWAY * (secret - 0.5))[:, None, None]
    positions[..., 1, 1] += (AWAY * (action - 0.5))[:, None, None]
    present = np.ones((rows, 4, 2), bool)
    present[:, :, 1] = rng.random(rows)[:, None] < 0.3
    positions[~present] = 0
    labels = {"secret": torch.from_numpy(secret), "action": torch.from_numpy(action)}
    return Batch(torch.from_numpy(positions.astype(np.float32)), torch.from_numpy(present), labels, torch.arange(rows))


def shows(count, seed=0):
    return [people(seed=1000 * seed + number) for number in range(count)]


def taught(label, seed=0, game=None):
    """A reader that learned a label; from what a game releases, or from the originals."""
    torch.manual_seed(seed)
    net = Reader()
    optimizer = torch.optim.Adam(net.parameters(), 0.02)
    for batch in shows(60, 50 + seed):
        shown = game.released(batch) if game else batch
        optimizer.zero_grad()
        F.cross_entropy(net(shown.positions, shown.present), batch.labels[label]).backward()
        optimizer.step()
    return Role(net.eval(), label)


def right(role, game=None):
    """How often it is right with people it has not seen."""
    batch = people(500, 9)
    shown = game.released(batch) if game else batch
    with torch.no_grad():
        return (role.net(shown.positions, shown.present).argmax(1) == batch.labels[role.label]).float().mean().item()


def residual(seed=0, **options):
    torch.manual_seed(seed)
    return ANONYMIZERS["residual"](CHAIN, **options)


def made(keepers=1, seekers=1, **more):
    options = {"lr_min": 0.003, "privacy": 1.0, "fidelity": 1.0, "optimizer": "adamw", "engine": CPU} | more
    return Game(residual(), [taught("action", seed) for seed in range(keepers)],
                [taught("secret", seed) for seed in range(seekers)], **options)


def course(algorithm, game, epochs):
    """Epochs with a falling learning rate; what was seen in the last one."""
    row = {}
    for number in range(epochs):
        game.pace(0.5 * (1 + math.cos(math.pi * number / epochs)))
        row = epoch(ALGORITHMS[algorithm], game, shows(40, number), [people(500, 9)])
    return row


def bytes_of(net):
    return {name: tensor.detach().numpy().tobytes() for name, tensor in net.state_dict().items()}


# ── what comes of it ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_toy_gives_both_labels_away():
    assert right(taught("secret")) > 0.95
    assert right(taught("action")) > 0.95


@pytest.mark.parametrize("seekers", [1, 3])
def test_adversarial_brings_learning_seekers_to_chance_and_leaves_the_action(seekers):
    game = made(1, seekers, lr_max=0.003)
    before = look(game, [people(500, 9)])
    assert before["hide_secret"] > 0.95
    assert before["rmse"] < 0.001
    row = course("adversarial", game, 20)
    assert row["check_hide_secret"] == pytest.approx(0.5, abs=0.08)
    assert row["check_keep_action"] > 0.95
    assert right(taught("secret", 7, game), game) < 0.9  # a stranger who is taught on the release
    assert right(taught("action", 7, game), game) > 0.95


def test_ensemble_brings_frozen_seekers_to_chance_and_leaves_the_action():
    row = course("ensemble", made(2, 2), 12)
    assert row["check_hide_secret"] == pytest.approx(0.5, abs=0.08)
    assert row["check_keep_action"] > 0.95
    assert row["check_rmse"] < 0.1


def test_equation_2_wants_seekers_undecided_and_equation_1_wants_them_wrong():
    """No seeker can be more undecided than ln 2, but it can be as wrong as one likes."""
    undecided = course("ensemble", made(fidelity=0.1), 6)
    assert -math.log(2) < undecided["check_loss"] < -0.5
    assert course("ensemble", made(fidelity=0.1, objective="cross_entropy"), 3)["check_loss"] < -3


def test_reconstruct_teaches_an_autoencoder_and_its_encoder_then_stays():
    torch.manual_seed(0)
    anonymizer = ANONYMIZERS["autoencoder"](CHAIN, width=32, latent=6)
    game = Game(anonymizer, lr_min=0.01, optimizer="adamw", engine=CPU)
    before = look(game, [people(500, 9)])["rmse"]
    row = course("reconstruct", game, 8)
    assert row["check_rmse"] < 0.04 < 0.1 < before
    assert row["check_rmse"] == pytest.approx(row["train_rmse"], rel=0.2)
    anonymizer.settle()
    encoder, decoder = bytes_of(anonymizer.encoder), bytes_of(anonymizer.decoder)
    after = Game(anonymizer, [taught("action")], [taught("secret")], lr_min=0.001, privacy=1, engine=CPU)
    ALGORITHMS["ensemble"](after, shows(3))
    assert bytes_of(anonymizer.encoder) == encoder
    assert bytes_of(anonymizer.decoder) != decoder


# ── who learns, who is frozen ────────────────────────────────────────────────────────────────────────────────────────


def test_every_algorithm_is_tried_here():
    assert set(ASKS) == set(ALGORITHMS)
    assert set(SEEKERS_LEARN) == {name for name, options in ASKS.items() if "lr_max" in options}


@pytest.mark.parametrize("algorithm", ASKS)
def test_what_is_frozen_keeps_every_byte_and_its_mode(algorithm):
    learns = algorithm in SEEKERS_LEARN
    game = made(2, 2, **ASKS[algorithm])
    frozen = [role.net for role in (game.keepers if learns else (*game.keepers, *game.seekers))]
    learning = [game.anonymizer, *(role.net for role in game.seekers if learns)]
    before, started = [bytes_of(net) for net in frozen], [bytes_of(net) for net in learning]
    modes = []
    for net in frozen:
        net.register_forward_hook(lambda net, *_: modes.append(any(part.training for part in net.modules())))
    epoch(ALGORITHMS[algorithm], game, shows(5), shows(2, 1))
    assert [bytes_of(net) for net in frozen] == before
    assert modes
    assert not any(modes)
    assert not any(net.training or any(weight.requires_grad for weight in net.parameters()) for net in frozen)
    assert all(now != then for now, then in zip(map(bytes_of, learning), started, strict=True))


def test_a_minimization_step_moves_the_anonymizer_alone_and_a_maximization_step_the_seekers():
    game = made(1, 2, lr_max=0.01)

    def stand():
        return [bytes_of(net) for net in (game.anonymizer, *(role.net for role in game.seekers))]

    start = stand()
    ALGORITHMS["adversarial"](game, shows(1))
    first = stand()
    assert [one != other for one, other in zip(start, first, strict=True)] == [True, False, False]
    ALGORITHMS["adversarial"](game, shows(1, 1))
    assert [one != other for one, other in zip(first, stand(), strict=True)] == [False, True, True]
    assert not any(part.training for net in game._nets() for part in net.modules())


@pytest.mark.parametrize(("min_steps", "order"), [(1, "min max min max min max min"), (2, "min min max min min max min"),
                                                  (9, "min min min min min min min")])
def test_rounds_of_k_minimization_steps_go_on_from_epoch_to_epoch(min_steps, order):
    game, done = made(lr_max=0.01, min_steps=min_steps), []
    step = game.step
    game.step = lambda optimizer, *rest: (done.append({game.minimizer: "min", game.maximizer: "max"}[optimizer]),
                                          step(optimizer, *rest))
    for size in (1, 4, 2):
        ALGORITHMS["adversarial"](game, shows(size))
    assert " ".join(done) == order


def test_the_maximization_step_keeps_the_factor_privacy_and_sees_the_release():
    """One plain step by hand: what the seeker learns from is what would be released now."""
    game = made(lr_max=0.5, privacy=0.25, optimizer="sgd")
    game.anonymizer.blocks[0].second.bias.data += 0.3
    (batch,) = shows(1)
    net = taught("secret").net.train()
    positions = game.anonymizer(batch.positions, batch.present, batch.seeds)[0].detach()
    net.zero_grad()
    torch.manual_seed(4)
    F.cross_entropy(net(positions, batch.present), batch.labels["secret"]).backward()
    wanted = net.head.weight - 0.5 * 0.25 * net.head.weight.grad
    game.turn = 1
    torch.manual_seed(4)
    ALGORITHMS["adversarial"](game, [batch])
    torch.testing.assert_close(game.seekers[0].net.head.weight, wanted)


def test_the_anonymizer_is_in_training_mode_when_it_learns_and_only_then():
    game, modes = made(lr_max=0.01), []
    game.anonymizer.register_forward_hook(lambda net, *_: modes.append(net.training))
    epoch(ALGORITHMS["adversarial"], game, shows(2), shows(1))
    assert modes == [True, False, False]


@pytest.mark.parametrize("algorithm", ASKS)
def test_a_game_goes_on_where_it_was_bit_by_bit(algorithm, tmp_path):
    options = ASKS[algorithm] | {"optimizer": "sgd"}

    def play(game, numbers):
        for number in numbers:
            torch.manual_seed(number)  # of dropout; a driver does so by epoch
            game.pace(1 / (1 + number))
            row = epoch(ALGORITHMS[algorithm], game, shows(4, number), shows(1, 99))
        return row

    whole = made(1, 2, **options)
    wanted = play(whole, range(4))
    begun = made(1, 2, **options)
    play(begun, range(2))
    save_state(begun.state(), tmp_path)
    again = made(1, 2, **options)
    again.resume(load_state(tmp_path))
    assert play(again, range(2, 4)) == wanted
    assert [bytes_of(net) for net in again._nets()] == [bytes_of(net) for net in whole._nets()]


def test_networks_from_the_shelf_and_pictures_with_norms():
    torch.manual_seed(1)
    keeper, seeker = (CLASSIFIERS[name](KINECT15, 2, widths=(8, 8)) for name in ("tcn", "stgcn"))
    anonymizer = ANONYMIZERS["unet"](KINECT15, width=4)
    game = Game(anonymizer, [Role(keeper, "action")], [Role(seeker, "secret")], lr_min=0.01, lr_max=0.01, privacy=0.1,
                engine=CPU)
    rng = np.random.default_rng(0)
    batches = [Batch(torch.from_numpy(rng.normal(size=(6, 20, 2, 15, 3)).astype(np.float32)),
                     torch.ones(6, 20, 2, dtype=torch.bool), people(6, number).labels, torch.arange(6))
               for number in range(4)]
    frozen = bytes_of(keeper)
    seen = int(anonymizer.first[1].num_batches_tracked)
    row = epoch(ALGORITHMS["adversarial"], game, batches, batches)
    assert bytes_of(keeper) == frozen
    assert int(anonymizer.first[1].num_batches_tracked) == seen + 2  # it never sees a norm's batch when it is measured
    assert all(math.isfinite(value) for value in row.values())


# ── the terms ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_entropy_and_cross_entropy_by_hand():
    even, sure = torch.zeros(3, 4), torch.tensor([[50.0, 0, 0]]).repeat(2, 1)
    nobody = torch.full((3,), -1)
    assert entropy(even, nobody).item() == pytest.approx(math.log(4))
    assert entropy(sure, nobody).item() == pytest.approx(0, abs=1e-6)
    quarter = torch.tensor([[0.75, 0.25]]).log()
    assert entropy(quarter, nobody[:1]).item() == pytest.approx(-0.75 * math.log(0.75) - 0.25 * math.log(0.25))
    assert recognized(quarter, torch.tensor([1])).item() == pytest.approx(math.log(4))
    both = torch.cat([quarter, quarter, quarter])
    assert recognized(both, torch.tensor([1, -1, -1])).item() == pytest.approx(math.log(4))
    assert recognized(both, torch.tensor([1, 0, -1])).item() == pytest.approx((math.log(4) - math.log(0.75)) / 2)
    assert recognized(both, nobody).item() == 0


def test_distances_count_who_is_there():
    batch = people(2)
    batch.present[:] = True
    batch.present[1, 1:] = batch.present[1, :, 1] = False  # 8 bodies in frames, then 1
    moved = batch._replace(positions=batch.positions + 0.1)
    moved.positions[~batch.present] = torch.nan
    assert mean_square(batch, moved).item() == pytest.approx(0.01, rel=1e-4)
    assert sum_square(batch, moved).item() == pytest.approx((8 + 1) * 9 * 0.01 / 2, rel=1e-4)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("distance", DISTANCES)
def test_the_objective_is_the_equation(objective, distance):
    game = made(2, 3, privacy=0.3, fidelity=7.0, objective=objective, distance=distance)
    game.anonymizer.blocks[0].second.bias.data += 0.1
    (batch,) = shows(1)
    with torch.no_grad():
        positions, present = game.anonymizer(batch.positions, batch.present, batch.seeds)
        keep = sum(F.cross_entropy(keeper.net(positions, present), batch.labels["action"]) for keeper in game.keepers)
        hide = 0
        for seeker in game.seekers:
            logits = seeker.net(positions, present)
            shares = logits.softmax(1)
            hide = hide + (F.cross_entropy(logits, batch.labels["secret"]) if objective == "cross_entropy"
                           else -(shares * shares.log()).sum(1).mean())
        square = (positions - batch.positions).square()
        far = square.sum() / 64 if distance == "sum" else square[present].mean()
    row = look(game, [batch])
    assert row["loss"] == pytest.approx((keep - 0.3 * hide + 7 * far).item(), rel=1e-4)
    assert row["rmse"] == pytest.approx(square[present].mean().sqrt().item(), rel=1e-4)


def test_several_hidden_labels_and_rows_whose_truth_is_unknown():
    game = made(1, 1)
    game.seekers = (*game.seekers, Role(taught("action", 3).net, "tongue"))
    (batch,) = shows(1)
    batch.labels["tongue"] = batch.labels["action"].clone()
    batch.labels["tongue"][8:] = -1
    batch.labels["tongue"][:2] = 1 - batch.labels["tongue"][:2]  # wrong of the eight that are known
    row = look(game, [batch])
    assert row["hide_tongue"] == 0.75
    assert row["hide_secret"] > 0.9
    batch.labels["tongue"][:] = -1
    assert "hide_tongue" not in look(game, [batch])


def test_numbers_of_an_epoch_are_those_of_all_its_batches_together():
    game = made(fidelity=3.0)
    game.anonymizer.blocks[0].second.bias.data += 0.1
    one, other = people(48, 1), people(16, 2)
    both = Batch(*(torch.cat(pair) for pair in ((one.positions, other.positions), (one.present, other.present))),
                 {label: torch.cat([one.labels[label], other.labels[label]]) for label in one.labels},
                 torch.arange(64))
    apart, together = look(game, [one, other]), look(game, [both])
    assert apart.keys() == together.keys() == {"loss", "rmse", "keep_action", "hide_secret"}
    for name in ("rmse", "keep_action", "hide_secret"):
        assert apart[name] == pytest.approx(together[name], rel=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_pace_is_a_share_of_both_learning_rates(optimizer):
    game = made(lr_min=0.5, lr_max=0.25, optimizer=optimizer)
    for share in (0.1, 0.4):
        game.pace(share)
        rates = [group["lr"] for made in (game.minimizer, game.maximizer) for group in made.param_groups]
        assert rates == [0.5 * share, 0.25 * share]
    start = bytes_of(game.anonymizer)
    game.pace(0)
    ALGORITHMS["adversarial"](game, shows(1))
    assert bytes_of(game.anonymizer) == start


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("options", "says"), [
    ({"lr_min": -1}, "lr_min"), ({"lr_max": math.nan}, "lr_max"), ({"privacy": -0.1}, "privacy"),
    ({"fidelity": math.inf}, "fidelity"), ({"min_steps": 0}, "min_steps"), ({"decay": -1}, "decay"),
    ({"objective": "love"}, "objective"), ({"distance": "far"}, "distance"), ({"optimizer": "luck"}, "optimizer"),
])
def test_options_that_make_no_sense(options, says):
    with pytest.raises(UserError, match=says):
        Game(residual(), **({"lr_min": 0.1, "engine": CPU} | options))


def test_a_game_that_is_not_the_algorithms():
    keeper, seeker = taught("action"), taught("secret")
    frozen = Game(residual(), [keeper], [seeker], lr_min=0.1, engine=CPU)
    with pytest.raises(UserError, match="lr_max"):
        ALGORITHMS["adversarial"](frozen, shows(1))
    with pytest.raises(UserError, match="needs seekers"):
        ALGORITHMS["ensemble"](Game(residual(), [keeper], lr_min=0.1, engine=CPU), shows(1))
    with pytest.raises(UserError, match="nothing to learn from"):
        ALGORITHMS["ensemble"](frozen, [])
    with pytest.raises(UserError, match="noise has nothing"):
        Game(ANONYMIZERS["noise"](CHAIN), [keeper], [seeker], lr_min=0.1, engine=CPU)
    learning = Game(residual(), [keeper], [taught("secret")], lr_min=0.1, lr_max=0.1, engine=CPU)
    with pytest.raises(UserError, match="no seeker learns"):
        ALGORITHMS["ensemble"](learning, shows(1))
    with pytest.raises(UserError, match="label 'shoe size'"):
        look(Game(residual(), [Role(keeper.net, "shoe size")], lr_min=0.1, engine=CPU), shows(1))


def test_training_that_falls_apart_says_so():
    game = made(lr_max=0.01, lr_min=1e30, optimizer="sgd")
    with pytest.raises(UserError, match="fell apart: .* became (nan|inf|-inf)"):
        ALGORITHMS["adversarial"](game, shows(8))
