"""train, stopped and shared: it goes on to the same weights after a kill, on several ranks, and within its minutes."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest
import torch

import maskeleton.training
from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.mask import load
from maskeleton.training import pace, train
from maskeleton.verbs.train import train as verb

from kill import count, run_until
from players import CPU, SEEN, TEACHING, StopHere, between, one_thread, story, teach, verb_on


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    yield from one_thread()


@pytest.fixture(scope="module")
def dataset() -> MotionDataset:
    return story()


@pytest.fixture(scope="module")
def given(dataset, tmp_path_factory) -> dict[str, object]:
    return between(teach(tmp_path_factory.mktemp("taught"), {"keeper": (dataset, "action"), "seeker": (dataset, "gender")}))


def test_after_a_kill_it_goes_on_to_the_same_weights(dataset, tmp_path):
    options = {**TEACHING, **SEEN, "epochs": 6}
    whole = verb_on(dataset, tmp_path, set={key: str(value) for key, value in options.items()}, by="all")
    out = tmp_path / "killed"
    words = [word for key, value in options.items() for word in ("--set", f"{key}={value}")]
    run_until(["train", tmp_path / "data", out, "--keep", "action", "--hide", "gender", "--split", "all", "--device",
               "cpu", *words], lambda: count(out, "state.pt") > 0)
    assert not (out / "model.json").exists()
    again = verb(tmp_path / "data", out, keep=["action"], hide=["gender"], device="cpu", by="all",
                 set={key: str(value) for key, value in options.items()})
    assert again.hash == whole.hash
    assert again.curves == whole.curves
    assert (out / "model.safetensors").read_bytes() == (tmp_path / "m" / "model.safetensors").read_bytes()


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_it_goes_on_before_and_after_reconstructing(dataset, given, tmp_path, stop):
    options = given | {"anonymizer": "autoencoder", "width": 8, "latent": 4, "reconstruct": 2, "epochs": 2}
    whole = train(dataset, ["action"], ["gender"], set=options, engine=CPU)

    def interrupt(done: int, of: int) -> None:
        assert of == 4
        if done == stop:
            raise StopHere

    with pytest.raises(StopHere):
        train(dataset, ["action"], ["gender"], set=options, out=tmp_path, engine=CPU, report=interrupt)
    again = train(dataset, ["action"], ["gender"], set=options, out=tmp_path, engine=CPU)
    assert again.hash == whole.hash
    assert len(again.curves) == 4
    assert "check_hide_gender" not in again.curves[1]
    assert "check_hide_gender" in again.curves[2]


RANK = """
import sys
sys.path.insert(0, {tests!r})
import maskeleton.verbs.train as verb
mask = verb.train({data!r}, {out!r}, keep=["action"], hide=["gender"], by="all", set={options!r}, device="cpu")
with open({out!r} + "-rank" + sys.argv[1], "w") as told:
    print(mask.hash, mask.lineage, mask.curves, file=told)
"""


def test_two_ranks_end_with_equal_weights(dataset, tmp_path):
    """As torchrun starts them: who they are stands in the environment."""
    store.write(dataset, tmp_path / "data")
    out, options = tmp_path / "model", {**SEEN, **TEACHING, "epochs": "2"}
    script = RANK.format(tests=os.path.dirname(__file__), data=str(tmp_path / "data"), out=str(out),
                         options={key: str(value) for key, value in options.items()})
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        port = str(any_port.getsockname()[1])
    meeting = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    ranks = [subprocess.Popen([sys.executable, "-c", script, str(rank)], stderr=subprocess.PIPE, text=True,
                              env=os.environ | meeting | {"RANK": str(rank)}) for rank in range(2)]
    said = [process.communicate(timeout=120)[1] for process in ranks]
    assert [process.returncode for process in ranks] == [0, 0], said
    told = [(tmp_path / f"model-rank{rank}").read_text() for rank in range(2)]
    assert told[0] == told[1]
    assert load(out).hash == told[0].split()[0]
    assert json.loads((out / "run.json").read_text())["verb"] == "train"


def test_minutes_are_kept(dataset, given):
    began = time.monotonic()
    mask = train(dataset, ["action"], ["gender"], set=given | {"epochs": 100_000}, minutes=0.02, engine=CPU)
    assert time.monotonic() - began < 0.02 * 60 + 1
    assert 1 <= len(mask.curves) < 100_000
    least = given | {"anonymizer": "autoencoder", "width": 8, "latent": 4}
    curves = train(dataset, ["action"], ["gender"], set=least, minutes=0, engine=CPU).curves
    assert ["check_keep_action" in row for row in curves] == [False, True]  # one epoch of each


def test_what_fell_apart_says_what_was_seen_and_keeps_what_was_good(dataset, given, tmp_path, monkeypatch):
    whole = train(dataset, ["action"], ["gender"], set=given, engine=CPU)
    epoch, calls = maskeleton.training.epoch, []

    def breaking(*some):
        calls.append(1)
        if len(calls) == 3:
            raise UserError("training fell apart: loss became nan", "take smaller learning rates")
        return epoch(*some)

    monkeypatch.setattr(maskeleton.training, "epoch", breaking)
    with pytest.raises(UserError, match=r"loss became nan, in epoch 3; before it: epoch 2, .*check_rmse") as fault:
        train(dataset, ["action"], ["gender"], set=given, out=tmp_path, engine=CPU)
    assert "state.pt" in fault.value.remedy
    monkeypatch.setattr(maskeleton.training, "epoch", epoch)
    assert train(dataset, ["action"], ["gender"], set=given, out=tmp_path, engine=CPU).hash == whole.hash


def test_learning_rates_that_are_too_large_are_said_to_be(dataset, given):
    with pytest.raises(UserError, match="training fell apart"):
        train(dataset, ["action"], ["gender"], set=given | {"lr_min": 100, "fidelity": 1e6, "epochs": 20}, engine=CPU)


def test_another_training_and_a_damaged_state_are_refused(dataset, given, tmp_path):
    train(dataset, ["action"], ["gender"], set=given | {"epochs": 1}, out=tmp_path, engine=CPU)
    for other in ({"privacy": 0.7}, {"epochs": 4}, {"width": 9}):
        with pytest.raises(UserError, match="holds another training"):
            train(dataset, ["action"], ["gender"], set=given | {"epochs": 1} | other, out=tmp_path, engine=CPU)
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    for wrong in ({"rows": 3}, {"before": "x"}, {"game": []}, {"game": {"turn": 0, "nets": [], "optimizers": []}},
                  {"game": state["game"] | {"optimizers": [3, 3]}}):
        torch.save(state | wrong, tmp_path / "state.pt")
        with pytest.raises(UserError, match="cannot be used"):
            train(dataset, ["action"], ["gender"], set=given | {"epochs": 1}, out=tmp_path, engine=CPU)
    (tmp_path / "state.pt").write_bytes(b"PK")
    with pytest.raises(UserError, match="cannot be read"):
        train(dataset, ["action"], ["gender"], set=given | {"epochs": 1}, out=tmp_path, engine=CPU)


def test_more_epochs_are_only_more_where_learning_rates_stay(dataset, given, tmp_path):
    constant = given | {"schedule": "constant"}
    train(dataset, ["action"], ["gender"], set=constant | {"epochs": 1}, out=tmp_path, engine=CPU)
    more = train(dataset, ["action"], ["gender"], set=constant, out=tmp_path, engine=CPU)
    assert more.hash == train(dataset, ["action"], ["gender"], set=constant, engine=CPU).hash


def test_rates_fall_to_a_tenth_at_each_step_or_along_a_cosine():
    steps = {"schedule": "steps", "steps": (60, 80, 100)}
    assert [pace(steps, number, 0.5) for number in (0, 59, 60, 99, 139)] == pytest.approx([1, 1, 0.1, 0.01, 0.001])
    assert pace(steps | {"schedule": "constant"}, 139, 0.5) == 1
    assert [pace({"schedule": "cosine"}, 0, gone) for gone in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])
