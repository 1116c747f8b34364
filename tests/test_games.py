"""Every row of the paper's tables 4 and 5 is there as printed; options are changed, checked and refused by name."""

import math

import pytest

from maskeleton.errors import UserError
from maskeleton.games import GAMES, PUBLISHED, TABLE_4, TABLE_5, arranged, teaching_of

# name: learning rates of minimization and maximization, batch, alpha, beta, as the paper prints them
PRINTED_IN_TABLE_4 = {
    "etri-ae-1a1p": (0.00044, None, 8, 0.0045, 0.0182),
    "etri-ae-2a2p": (0.00033, None, 6, 0.0045, 0.0182),
    "etri-ae-3a3p": (0.00066, None, 12, 0.0045, 0.0182),
    "etri-ae-adv": (0.00180, 0.0030, 24, 0.1, 0.0067),
    "etri-res-1a1p": (0.00075, None, 10, 0.0333, 0.0067),
    "etri-res-2a2p": (0.00060, None, 8, 0.0333, 0.0067),
    "etri-res-3a3p": (0.00060, None, 12, 0.0333, 0.0067),
    "etri-res-adv": (0.00180, 0.0030, 24, 0.1, 0.0067),
    "ntu-ae-adv": (0.05, 0.01, 30, 0.04, 0.1),
    "ntu-res-adv": (0.00180, 0.0030, 24, 0.1, 0.0067),
}
PRINTED_IN_TABLE_5 = [(0.0067, 0.0067), (0.0333, 0.0333), (0.1, 0.0067), (0.1667, 0.0067), (0.2333, 0.0067),
                      (0.3, 0.0067)]


def test_table_4_is_as_printed():
    assert TABLE_4.keys() == PRINTED_IN_TABLE_4.keys()
    for name, (low, high, batch, alpha, beta) in PRINTED_IN_TABLE_4.items():
        game, own = arranged(name)
        assert (game["lr_min"], game["batch"], game["privacy"], game["fidelity"]) == (low, batch, alpha, beta), name
        _, form, size = name.split("-")
        assert game["anonymizer"] == {"ae": "autoencoder", "res": "residual"}[form]
        if size == "adv":
            assert (game["algorithm"], game["lr_max"], game["min_steps"]) == ("adversarial", high, 1)
            assert (game["keepers"], game["seekers"]) == (1, 1)
        else:
            assert (game["algorithm"], game["keepers"], game["seekers"]) == ("ensemble", int(size[0]), int(size[2]))
        assert own == {}


def test_table_5_is_as_printed():
    games = [arranged(name)[0] for name in TABLE_5]
    assert [(game["privacy"], game["fidelity"]) for game in games] == PRINTED_IN_TABLE_5
    for game in games:
        assert (game["lr_min"], game["lr_max"], game["min_steps"], game["batch"]) == (0.0018, 0.003, 2, 24)
        assert (game["anonymizer"], game["algorithm"]) == ("residual", "adversarial")


def test_the_published_code_decays_and_falls_in_steps():
    for name in PUBLISHED:
        game, _ = arranged(name)
        assert (game["optimizer"], game["decay"], game["schedule"], game["steps"]) == ("nesterov", 1e-4, "steps", (60, 80, 100))


def test_the_rest_of_every_row_is_the_paper_s():
    assert {"default", "temporal", *TABLE_4, *TABLE_5, *PUBLISHED} == set(GAMES)
    for name in (*TABLE_4, *TABLE_5):
        game, _ = arranged(name)
        assert (game["keeper"], game["seeker"]) == ("msg3d", "msg3d")
        assert (game["chain"], game["fill"], game["frames"]) == ("paper", "loop", 300)
        assert (game["optimizer"], game["objective"], game["schedule"]) == ("sgd", "entropy", "constant")
        assert "g3d" not in teaching_of("keeper", game)
        assert teaching_of("seeker", game).get("g3d") == ("false" if name.startswith("etri") else None), name


def test_the_published_code_s_games_have_its_networks_and_weights():
    for name, (form, own, alpha, beta) in {"ntu-published-res": ("residual", {"blocks": 10}, 1, 10),
                                           "ntu-published-unet": ("unet", {}, 0.3, 2)}.items():
        game, found = arranged(name)
        assert (game["anonymizer"], found, game["privacy"], game["fidelity"]) == (form, own, alpha, beta)
        assert (game["keeper"], game["seeker"], game["batch"], game["epochs"]) == ("shiftgcn", "shiftgcn", 64, 140)
        assert (game["lr_min"], game["lr_max"] * alpha) == pytest.approx((0.01, 0.01), rel=1e-2)
    assert arranged("ntu-published-res", {"blocks": "3"})[1] == {"blocks": 3}
    assert arranged("ntu-published-res", {"anonymizer": "autoencoder"})[1] == {}


def test_a_preset_is_left_as_it_was():
    arranged("etri-res-adv", {"epochs": "3", "seeker": "tcn", "width": "9", "anonymizer": "unet"})
    assert arranged("etri-res-adv")[0] == GAMES["etri-res-adv"]


def test_values_may_be_text_and_go_where_they_belong():
    game, own = arranged("default", {"epochs": "3", "privacy": "0.5", "width": "9", "keeper.widths": "8,8,8",
                                     "keeper.epochs": "2", "seeker.epochs": "4", "frames": 16})
    assert (game["epochs"], game["privacy"], own) == (3, 0.5, {"width": 9})
    seen = {"chain": "sequence", "fill": "resample", "frames": 16}
    assert teaching_of("keeper", game) == {"widths": "8,8,8", "epochs": "2", **seen}
    assert teaching_of("seeker", game) == {"epochs": "4", **seen}


def test_another_network_has_other_options():
    game, _ = arranged("etri-res-adv", {"seeker": "tcn", "seeker.widths": "8,8,8"})
    assert teaching_of("seeker", game) == {"widths": "8,8,8", "chain": "paper", "fill": "loop", "frames": 300}
    assert teaching_of("seeker", arranged("etri-res-adv", {"keeper": "tcn"})[0])["g3d"] == "false"


def test_an_anonymizer_has_its_own_options():
    assert arranged("default", {"anonymizer": "autoencoder", "latent": "4"})[1] == {"latent": 4}
    with pytest.raises(UserError, match="no option 'latent' for training a residual"):
        arranged("default", {"latent": "4"})


@pytest.mark.parametrize(("preset", "changes", "wrong"), [
    ("etri", {}, "no preset 'etri'"),
    ("default", {"anonymizer": "magic"}, "no anonymizer 'magic'"),
    ("default", {"speed": "3"}, "no option 'speed'"),
    ("default", {"keepers.widths": "3"}, "no option 'keepers.widths'"),
    ("default", {"algorithm": "reconstruct"}, "'algorithm' cannot be 'reconstruct'"),
    ("default", {"objective": "luck"}, "'objective' cannot be 'luck'"),
    ("default", {"distance": "far"}, "'distance' cannot be 'far'"),
    ("default", {"optimizer": "hope"}, "'optimizer' cannot be 'hope'"),
    ("default", {"schedule": "stairs"}, "'schedule' cannot be 'stairs'"),
    ("default", {"chain": "gold"}, "'chain' cannot be 'gold'"),
    ("default", {"fill": "cup"}, "'fill' cannot be 'cup'"),
    ("default", {"epochs": "0"}, "'epochs' cannot be 0"),
    ("default", {"epochs": "2.5"}, "'epochs' cannot be '2.5'"),
    ("default", {"epochs": "1e999"}, "'epochs' cannot be '1e999'"),
    ("default", {"privacy": "nan"}, "'privacy' cannot be nan"),
    ("default", {"privacy": "-1"}, "'privacy' cannot be -1"),
    ("default", {"lr_min": "fast"}, "'lr_min' cannot be 'fast'"),
    ("default", {"keepers": "0"}, "'keepers' cannot be 0"),
    ("default", {"seekers": 65}, "'seekers' cannot be 65"),
    ("default", {"check": math.inf}, "'check' cannot be inf"),
])
def test_what_cannot_be_is_refused_with_what_can(preset, changes, wrong):
    with pytest.raises(UserError, match=wrong) as fault:
        arranged(preset, changes)
    assert fault.value.remedy
