"""Teaching a classifier: it learns what is there, never what it may not see, goes on where it was, and keeps time."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from maskeleton.checkpoint import Model, load, load_state, weights_hash
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine
from maskeleton.errors import UserError
from maskeleton.fit import Course, answers, class_weights, embeddings, fit, learning_rate
from maskeleton.lesson import lesson
from maskeleton.motion import Motion
from maskeleton.presets import DEFAULT, chosen
from maskeleton.skeleton import KINECT20, KINECT25
from maskeleton.splits import split
from maskeleton.synthetic import SyntheticSource, settings

from people import crowd, stepping

TINY = {"widths": "8,8,8", "epochs": 3, "frames": 8, "batch": 8, "least_steps": 0}
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def synthetic() -> MotionDataset:
    source = SyntheticSource(settings("tiny", people=8, actions=6, takes=3, cameras=1))
    motions = (motion for part in source.parts for motion in source.read(part))
    return MotionDataset.of(source.skeleton, source.fps, motions)


def right(model: Model, dataset: MotionDataset, rows: np.ndarray) -> float:
    told = answers(model, dataset, rows).argmax(1)
    return float(np.mean([model.classes[place] == dataset.text(model.label, row)
                          for place, row in zip(told.tolist(), rows.tolist(), strict=True)]))


@pytest.mark.parametrize(("label", "least"), [("action", 0.85), ("subject", 0.8)])
def test_it_learns_what_is_there(synthetic, label, least):
    half = split(synthetic, label)[0]
    taught = {"widths": "32,32,48", "frames": 32, "epochs": 14, "lr": 0.004, "check": 0, "batch": 16}
    model = fit("tcn", synthetic, label, indices=half.train, set=taught)
    assert right(model, synthetic, half.test) >= least
    assert model.curves[-1]["train_loss"] < model.curves[0]["train_loss"]


def test_labels_dealt_by_lot_are_not_learnt(synthetic):
    lots = np.random.default_rng(0).integers(0, 2, len(synthetic))
    motions = [motion._replace(labels={"subject": int(motion.labels["subject"]), "mark": "ab"[lot]})
               for motion, lot in zip(synthetic, lots.tolist(), strict=True)]
    dataset = MotionDataset.of(KINECT25, 30, motions)
    hits = [right(fit("tcn", dataset, "mark", indices=half.train, set=TINY), dataset, half.test) * len(half.test)
            for half in split(dataset, "mark")]
    assert abs(sum(hits) / len(dataset) - 0.5) < 3.3 * 0.5 / len(dataset) ** 0.5


def test_what_is_not_named_is_never_seen():
    """Recordings outside `indices` may be anything: the weights are the same."""
    dataset = crowd(6, 2, 2)
    chosen = np.flatnonzero(dataset.labels["subject"] <= 4)
    absurd = [motion if int(motion.labels["subject"]) <= 4 else motion._replace(positions=motion.positions * 1e6)
              for motion in dataset]
    first = fit("tcn", dataset, "action", indices=chosen, set=TINY)
    second = fit("tcn", MotionDataset.of(KINECT25, 30, absurd), "action", indices=chosen, set=TINY)
    assert first.hash == second.hash
    assert len(first.trained_on["hashes"]) == len(chosen)


def test_a_seed_is_a_training_and_words_make_another():
    dataset = crowd()
    made = [fit("tcn", dataset, "action", set=TINY, **more).hash
            for more in ({}, {}, {"seed": 1}, {"words": ("keeper",)}, {"words": ("judge", 1)})]
    assert made[0] == made[1]
    assert len(set(made)) == 4


def test_training_leaves_the_random_numbers_of_others_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    fit("tcn", crowd(), "action", set=TINY)
    assert torch.equal(torch.rand(1), expected)


def test_the_best_epoch_is_kept(tmp_path):
    hashes: list[str] = []

    def look(*_: int) -> None:
        state = load_state(tmp_path / "m")
        assert state is not None
        hashes.append(weights_hash(state["net"]))

    model = fit("tcn", crowd(12), "action", set=TINY | {"epochs": 8, "lr": 0.03}, out=tmp_path / "m", report=look)
    best = max(model.curves, key=lambda row: (row["check_accuracy"], -row["check_loss"]))
    assert len(set(hashes)) == 8
    assert model.hash == hashes[int(best["epoch"]) - 1]


def test_without_a_part_that_checks_the_last_epoch_is_kept():
    model = fit("tcn", crowd(), "action", set=TINY | {"check": 0})
    assert "check_accuracy" not in model.curves[-1]
    assert model.hash == fit("tcn", crowd(), "action", set=TINY | {"check": 0, "patience": 1}).hash


def test_it_ends_when_nothing_gets_better():
    model = fit("tcn", crowd(12), "gender", set=TINY | {"epochs": 50, "lr": 0.0, "patience": 2})
    best = max(model.curves, key=lambda row: (row["check_accuracy"], -row["check_loss"]))
    assert len(model.curves) == best["epoch"] + 2 < 50


def test_the_curves_tell_every_epoch(tmp_path):
    reported: list[tuple[int, int]] = []
    model = fit("tcn", crowd(), "subject", set=TINY, out=tmp_path / "m", report=lambda *done: reported.append(done))
    assert reported == [(1, 3), (2, 3), (3, 3)]
    rows = [json.loads(line) for line in (tmp_path / "m" / "curves.jsonl").read_text().splitlines()]
    assert rows == model.curves
    assert {"epoch", "train_loss", "train_accuracy", "check_loss", "check_accuracy", "lr", "seconds"} == rows[0].keys()
    assert [row["epoch"] for row in rows] == [1, 2, 3]


def test_a_training_leaves_a_whole_checkpoint(tmp_path):
    dataset = crowd()
    model = fit("tcn", dataset, "action", set=TINY, out=tmp_path / "m", seed=4)
    assert {file.name for file in (tmp_path / "m").iterdir()} == {
        "model.safetensors", "model.json", "curves.jsonl", "state.pt", "run.json"}
    again = load(tmp_path / "m")
    assert again.hash == model.hash
    np.testing.assert_array_equal(answers(again, dataset), answers(model, dataset))
    record = json.loads((tmp_path / "m" / "run.json").read_text())
    assert (record["seed"], record["model"], record["teaching"]["epochs"]) == (4, model.hash, 3)


class Stop(Exception):
    pass


def stopping(after: int) -> Callable[[int, int], None]:
    def report(done: int, _: int) -> None:
        if done == after:
            raise Stop

    return report


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_what_was_stopped_goes_on_to_the_same_weights(tmp_path, optimizer):
    options = TINY | {"epochs": 4, "optimizer": optimizer, "lr": 0.01}
    whole = fit("tcn", crowd(), "action", set=options, out=tmp_path / "whole")
    for after in (1, 3):
        with pytest.raises(Stop):
            fit("tcn", crowd(), "action", set=options, out=tmp_path / "parts", report=stopping(after))
        assert not (tmp_path / "parts" / "model.json").exists()
    parts = fit("tcn", crowd(), "action", set=options, out=tmp_path / "parts")
    assert (tmp_path / "parts" / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()
    forgotten = {"seconds"}
    assert [{k: row[k] for k in row.keys() - forgotten} for row in parts.curves] == \
           [{k: row[k] for k in row.keys() - forgotten} for row in whole.curves]


KILLED = """
import sys, time
sys.path.insert(0, {tests!r})
from people import crowd
from test_fit import TINY
from maskeleton.fit import fit
fit("tcn", crowd(), "action", set=TINY | {{"epochs": 6}}, out={out!r}, report=lambda *done: time.sleep({pause}))
"""


def test_what_was_killed_goes_on_to_the_same_weights(tmp_path):
    out = tmp_path / "killed"
    code = KILLED.format(tests=os.path.dirname(__file__), out=str(out), pause=0.3)
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    ends = time.monotonic() + 60
    while not (out / "curves.jsonl").exists() and time.monotonic() < ends:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    state = load_state(out)
    assert state is not None
    assert 1 <= state["epoch"] < 6
    assert not (out / "model.json").exists()
    options = TINY | {"epochs": 6}
    fit("tcn", crowd(), "action", set=options, out=out)
    fit("tcn", crowd(), "action", set=options, out=tmp_path / "whole")
    assert (out / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()


def test_what_is_done_is_not_done_again(tmp_path):
    fit("tcn", crowd(), "action", set=TINY, out=tmp_path / "m")
    before = (tmp_path / "m" / WEIGHTS).read_bytes()
    reported: list[int] = []
    fit("tcn", crowd(), "action", set=TINY, out=tmp_path / "m", report=lambda done, _: reported.append(done))
    assert reported == []
    assert (tmp_path / "m" / WEIGHTS).read_bytes() == before


@pytest.mark.parametrize("other", [{"seed": 1}, {"label": "subject"}, {"set": TINY | {"lr": 0.5}},
                                   {"dataset": crowd(4)}, {"indices": range(10)}])
def test_another_training_does_not_go_on_here(tmp_path, other):
    usual = {"dataset": crowd(), "label": "action", "set": TINY, "out": tmp_path / "m"}
    fit("tcn", **usual)
    with pytest.raises(UserError, match="another training"):
        fit("tcn", **(usual | other))


def test_a_foreign_model_is_not_overwritten(tmp_path):
    fit("tcn", crowd(), "action", set=TINY, out=tmp_path / "m")
    (tmp_path / "m" / "state.pt").unlink()
    with pytest.raises(UserError, match="holds a model already"):
        fit("tcn", crowd(), "action", set=TINY, out=tmp_path / "m")


def test_a_state_of_something_else_is_refused(tmp_path):
    options = {"set": TINY | {"epochs": 2}, "out": tmp_path / "m"}
    with pytest.raises(Stop):
        fit("tcn", crowd(), "action", report=stopping(1), **options)
    state = load_state(tmp_path / "m")
    assert state is not None
    torch.save({"key": state["key"], "net": {"w": torch.zeros(1)}}, tmp_path / "m" / "state.pt")
    with pytest.raises(UserError, match="cannot be used"):
        fit("tcn", crowd(), "action", **options)


def test_minutes_are_kept_and_the_learning_rate_has_fallen_by_then():
    began = time.monotonic()
    model = fit("tcn", crowd(), "action", set=TINY | {"epochs": 100_000, "patience": 0, "check": 0}, minutes=1.5 / 60)
    assert 1.4 < time.monotonic() - began < 3
    assert 3 < len(model.curves) < 1000
    assert model.curves[-1]["lr"] < 0.1 * DEFAULT["lr"]


def test_enough_minutes_change_nothing():
    assert fit("tcn", crowd(), "action", set=TINY, minutes=60).hash == fit("tcn", crowd(), "action", set=TINY).hash


def test_no_minutes_still_give_a_model():
    model = fit("tcn", crowd(), "action", set=TINY, minutes=0)
    assert np.isfinite(answers(model, crowd())).all()


def test_numbers_that_fall_apart_are_told():
    with pytest.raises(UserError, match=r"fell apart in epoch \d+: \w+ loss became (nan|inf)") as refused:
        fit("tcn", crowd(), "action",
            set=TINY | {"optimizer": "sgd", "lr": 100, "warmup": 0, "decay": 100, "epochs": 20})
    assert "lr=10" in refused.value.remedy


@pytest.mark.parametrize(("changed", "wrong"), [
    ({"name": "oracle"}, "no classifier 'oracle'"), ({"preset": "best"}, "no preset 'best'"),
    ({"set": {"speed": 1}}, "no option 'speed'"), ({"label": "mood"}, "no recording has a label 'mood'"),
    ({"indices": [0]}, "one value only"),
])
def test_what_cannot_be_taught_is_refused(changed, wrong):
    with pytest.raises(UserError, match=wrong):
        fit(**({"name": "tcn", "dataset": crowd(), "label": "action", "set": TINY} | changed))


def test_rare_classes_count_as_much_when_asked():
    """Nine recordings in ten say a, one says b, and nothing tells them apart."""
    motions = [Motion.of(stepping(8 + n), f"r{n}", {"kind": "b" if n % 10 == 0 else "a"}) for n in range(60)]
    dataset = MotionDataset.of(KINECT25, 30, motions)
    assert class_weights(lesson(dataset, "kind", share=0), True).tolist() == pytest.approx([60 / 108, 60 / 12])
    assert class_weights(lesson(dataset, "kind", share=0), False).tolist() == [1, 1]
    models = [fit("tcn", dataset, "kind", set=TINY | {"check": 0, "balance": balance}) for balance in (False, True)]
    shares = [float(answers(model, dataset)[:, 1].mean()) for model in models]
    assert shares[0] + 0.05 < shares[1]


def test_learning_rates():
    cosine = DEFAULT | {"lr": 1.0, "warmup": 2, "epochs": 12}
    assert [round(learning_rate(cosine, epoch), 3) for epoch in (0, 1, 2, 7, 12)] == [0.048, 0.524, 1.0, 0.5, 0.0]
    steps = DEFAULT | {"lr": 1.0, "warmup": 0, "schedule": "steps", "steps": (30, 40)}
    assert [round(learning_rate(steps, epoch), 3) for epoch in (0, 29.9, 30, 40, 99)] == [1.0, 1.0, 0.1, 0.01, 0.01]
    assert learning_rate(DEFAULT | {"epochs": 1, "warmup": 5}, 0.5) > 0


@pytest.fixture(scope="module")
def trained() -> Model:
    return fit("tcn", crowd(), "subject", set=TINY)


def test_answers_are_probabilities_and_embeddings_are_what_the_head_reads(trained):
    dataset = crowd()
    told, found = answers(trained, dataset), embeddings(trained, dataset)
    assert (told.shape, told.dtype, found.shape, found.dtype) == ((12, 3), np.float32, (12, 16), np.float32)
    np.testing.assert_allclose(told.sum(1), 1, rtol=1e-5)
    with torch.no_grad():
        slow = trained.net.head(torch.from_numpy(found)).softmax(1).numpy()
    np.testing.assert_allclose(told, slow, atol=1e-5)


def test_each_recording_is_answered_by_itself_in_the_order_asked(trained):
    dataset = crowd()
    whole = answers(trained, dataset)
    np.testing.assert_allclose(answers(trained, dataset, [7, 2, 2]), whole[[7, 2, 2]], atol=1e-6)
    np.testing.assert_allclose(answers(trained, dataset.select([5])), whole[[5]], atol=1e-6)
    assert answers(trained, dataset, []).shape == (0, 3)
    assert embeddings(trained, dataset, []).shape == (0, 16)


def test_several_views_are_averaged(trained):
    dataset = crowd()
    several = answers(trained, dataset, views=3)
    np.testing.assert_allclose(several.sum(1), 1, rtol=1e-5)
    assert np.abs(several - answers(trained, dataset)).max() > 1e-6


def test_another_skeleton_is_not_answered(trained):
    with pytest.raises(UserError, match="body plan"):
        answers(trained, crowd(skeleton=KINECT20))


def test_the_paper_preset_runs():
    model = fit("tcn", crowd(), "action", preset="paper", set={"widths": "4,4,4", "epochs": 1})
    assert (model.chain, model.frames, model.fill) == ("paper", 300, "loop")
    assert math.isclose(model.curves[0]["lr"], 0.05)


def decays(name: str, preset: str) -> dict[str, tuple[float, int]]:
    """How much weight decay each weight of a small network gets, and how many axes it has."""
    teaching, _ = chosen(name, CLASSIFIERS[name], preset)
    net = CLASSIFIERS[name](KINECT25, 2, widths=(8, 8))
    course = Course(net, lesson(crowd(), "action"), teaching, 0, ("judge",), Engine("cpu"))
    of = {id(weight): group["weight_decay"] for group in course.optimizer.param_groups for weight in group["params"]}
    return {key: (of[id(weight)], weight.ndim) for key, weight in net.named_parameters()}


def test_shiftgcn_is_kept_small_as_published():
    """By the paper preset 1e-4 for all, biases too, but ten times that where joints are joined, and masks are free."""
    found = {key: decay for key, (decay, _) in decays("shiftgcn", "paper").items()}
    assert found.pop("layers.0.graph.weight") == found.pop("layers.1.graph.weight") == pytest.approx(1e-3)
    assert found.pop("layers.0.graph.mask") == found.pop("layers.1.graph.mask") == 0
    assert {"layers.0.graph.bias", "layers.1.graph.norm.weight", "layers.0.temporal.shift_in.offset"} <= found.keys()
    assert set(found.values()) == {1e-4}


@pytest.mark.parametrize("name", ["tcn", "agcn", "shiftgcn"])
def test_adamw_spares_biases_and_scales_and_sgd_spares_nothing(name):
    assert {(decay, axes > 1) for decay, axes in decays(name, "default").values()} == {(DEFAULT["decay"], True),
                                                                                       (0, False)}
    if name != "shiftgcn":
        assert {decay for decay, _ in decays(name, "paper").values()} == {chosen(name, CLASSIFIERS[name], "paper")[0][
            "decay"]}


@pytest.mark.parametrize(("preset", "frozen"), [("paper", 6), ("default", 0)])
def test_the_learned_graph_of_agcn_waits_as_published(tmp_path, preset, frozen):
    learned: list[bool] = []

    def look(*_: int) -> None:
        state = load_state(tmp_path)
        assert state is not None
        learned.append(bool((state["net"]["layers.0.graph.learned"] != np.float32(1e-6)).any()))

    options = {"widths": "4", "frames": 8, "batch": 12, "least_steps": 0, "check": 0, "epochs": 7}
    fit("agcn", crowd(), "action", preset=preset, set=options, out=tmp_path, report=look)
    assert learned == [False] * frozen + [True] * (7 - frozen)


def test_a_training_says_which_torch_it_was(tmp_path):
    fit("tcn", crowd(), "action", set=TINY | {"epochs": 1}, out=tmp_path / "m")
    assert json.loads((tmp_path / "m" / "run.json").read_text())["versions"]["torch"] == torch.__version__
