"""How long the report of a full evaluation takes to draw, and how large it is: six recordings, three labels, all threats."""

import tempfile
import time
from pathlib import Path

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.formats import npz
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.synthetic import SyntheticSource, settings
from maskeleton.verbs.report import report
from maskeleton.verdict import conclude

THREATS = ("before", "naive", "renormalized", "adaptive", "analytic", "donor")
ATTACKERS = (("classify", "tcn"), ("classify", "lean:bone"), ("classify", "geometric"), ("features", ""), ("side", "recording"))
SECONDS, MEGABYTES, RUNS = 3.0, 2.5, 5


def measure(device: str = "cpu") -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        folder = Path(own)
        run_of(folder / "run")
        took = []
        for _ in range(RUNS):
            began = time.perf_counter()
            page = report(folder / "run", folder / "page.html", show_originals=True, force=True)
            took.append(time.perf_counter() - began)
        size = page.stat().st_size / 1e6
    rows = [("a report of six recordings, originals and release", min(took), SECONDS, "s"),
            ("its size against what may be sent by mail", size, MEGABYTES, "MB")]
    return [{"what": what, "ours": ours, "theirs": most, "unit": unit, "ratio": ours / most, "goal": "<= 1"}
            for what, ours, most, unit in rows]


def run_of(folder: Path) -> None:
    """The folder of an evaluation of 60 people, 20 actions and three labels, with figures that are made up."""
    rng = np.random.default_rng(0)
    cells, people, actions = [], [], []
    for label, role in (("subject", "hide"), ("gender", "hide"), ("action", "keep")):
        metric, chance = ("auc", 0.5) if label == "gender" else ("top1", 0.05)
        for threat in THREATS:
            for attack, judge in ATTACKERS:
                rate = float(rng.uniform(0.1, 0.9))
                cells.append(CellScore(label, role, threat, attack, judge, "take", (), metric, rate, rate - 0.05, rate + 0.05,
                                       chance, chance, 2400, 60, 3))
                who = {"label": label, "threat": threat, "attack": attack, "judge": judge}
                people += [{**who, "person": f"P{number:03d}", "hits": int(rng.integers(40)), "trials": 40}
                           for number in range(60)]
                actions += [{**who, "action": f"action {number}", "hits": int(rng.integers(120)), "trials": 120}
                            for number in range(20)]
    curves = [{"epoch": epoch, "what": f"training: {part}_{what}", "value": float(rng.uniform())} for epoch in range(1, 101)
              for part in ("train", "check") for what in ("keep_action", "hide_subject", "rmse")]
    card = conclude(Scorecard("evaluate", data={"name": "release", "recordings": 2400, "people": 60}, cells=cells,
                              people=people, by_action=actions, curves=curves))
    source = SyntheticSource(settings("ntu", 3, 2, 1, 1), 0)
    motions = [motion for part in source.parts for motion in source.read(part)]
    for number, motion in enumerate(motions[:6]):
        name = f"{('worst', 'best', 'typical')[number // 2]}-{number % 2 + 1}"
        card.shown.append({"file": name, "why": name.partition("-")[0], "label": "subject", "action": "wave", "right": 0.5,
                           "cut": False})
        for place in ("motions", "private"):
            (folder / place).mkdir(parents=True, exist_ok=True)
            dataset = MotionDataset.of(source.skeleton, source.fps, [motion._replace(id=name, labels={})])
            npz.write(dataset, folder / place / f"{name}.npz")
    card.write(folder)
