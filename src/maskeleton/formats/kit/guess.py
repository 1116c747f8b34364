"""What a file leaves unsaid and its numbers tell: the body plan behind joint names, units of length, rates, clocks."""

from collections.abc import Sequence

import numpy as np

from maskeleton.errors import UserError, listed
from maskeleton.formats.source import Options
from maskeleton.skeleton import KINECT20, KINECT25, PLANS, Skeleton, recognize_plan, sided_word

USUAL_RATES = (10, 12, 12.5, 15, 20, 24, 25, 30, 50, 60, 90, 100, 120, 125, 150, 180, 200, 240, 250)
FALLBACK_RATE = 30.0
# A body's largest extent (it may lie or stoop) in some unit, and how many metres the unit is.
_EXTENTS = ((20.0, 1.0), (400.0, 0.01), (4000.0, 0.001))
UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "inch": 0.0254}  # as files call them, in metres
_CLOCK_UNITS = (1.0, 1e-3, 1e-6, 1e-7, 1e-9)  # s, ms, µs, the Kinect's 100 ns, ns
_SLOWEST, _FASTEST = 5.0, 260.0


def plan_of(names: Sequence[str], options: Options) -> tuple[Skeleton, list[int]]:
    """The body plan of joints with these names, and for each joint of the plan its place among the names."""
    plan = recognize_plan(names) or _same_words(names)
    if plan is None and all(sided_word(name)[1].isdigit() for name in names):
        return plan_by_count(len(names), options), list(range(len(names)))
    plan = plan or options.skeleton
    if plan is None:
        raise UserError(f"no known body plan has these {len(names)} joints: {listed(names, 40)}",
                        "say how they are joined: --skeleton plan.json, a file with joints and parents")
    return plan, places(plan, names)


def plan_by_count(count: int, options: Options) -> Skeleton:
    """The body plan of `count` joints that have no names: as told, or the Kinects' where there are 20 or 25."""
    told = [options.skeleton] if options.skeleton else []
    plan = next((plan for plan in (*told, KINECT20, KINECT25) if len(plan.joints) == count), None)
    if plan is None and told:
        raise UserError(f"there are {count} joints, but the body plan {told[0].name!r} has {len(told[0].joints)}",
                        "give the plan of these files by --skeleton")
    if plan is None:
        fitting = [name for name, plan in PLANS.items() if len(plan.joints) == count]
        remedy = f"if they stand in its order: --skeleton {fitting[0]}; else " if fitting else ""
        raise UserError(f"{count} joints without names could be any body plan",
                        f"{remedy}say what they are: --skeleton plan.json, a file with joints and parents")
    return plan


def _same_words(names: Sequence[str]) -> Skeleton | None:
    """The named plan whose joints these are in another order, or in other spelling (footleft, left_foot)."""
    for key in (sided_word, _letters):
        told = sorted(map(key, names))
        for plan in PLANS.values():
            if sorted(map(key, plan.joints)) == told:
                return plan
    return None


def _letters(name: str) -> tuple[str, str]:
    return "", "".join(letter for letter in name.lower() if letter.isalnum())


def places(plan: Skeleton, names: Sequence[str]) -> list[int]:
    """For each joint of the plan its place among the names."""
    exact = {_letters(name): place for place, name in reversed(list(enumerate(names)))}
    words = {sided_word(name): place for place, name in reversed(list(enumerate(names)))}
    found = [exact.get(_letters(joint), words.get(sided_word(joint), -1)) for joint in plan.joints]
    missing = [joint for joint, place in zip(plan.joints, found, strict=True) if place < 0]
    if missing:
        raise UserError(f"there is no {listed(missing)} of the body plan {plan.name!r} among the joints"
                        f" {listed(names, 40)}", "give the plan of these files by --skeleton")
    return found


def in_metres(positions: np.ndarray) -> np.ndarray:
    """Float32 positions (..., J, 3) in metres, from metres, centimetres or millimetres: whichever makes a body of
    them a body's size. What is not finite, or too large to be, is NaN."""
    with np.errstate(over="ignore"):
        exact = positions.astype(np.float32)
    exact = np.where(np.isfinite(exact).all(-1, keepdims=True), exact, np.float32(np.nan))
    scale = metres_per_unit(exact)
    return exact if scale == 1 else (exact * np.float64(scale)).astype(np.float32)


def metres_per_unit(positions: np.ndarray) -> float:
    """1, 0.01 or 0.001, by the median over the bodies of a body's largest extent."""
    bodies = positions.reshape(-1, *positions.shape[-2:])
    bodies = bodies[np.isfinite(bodies).all((1, 2))].astype(np.float64)
    if not len(bodies):
        return 1.0
    extent = float(np.median((bodies.max(1) - bodies.min(1)).max(1)))
    scale = next((scale for most, scale in _EXTENTS if extent < most), None)
    if scale is None:
        raise UserError(f"the bodies are {extent:.4g} units large, which is a person's size in no unit known here",
                        "give positions in metres, centimetres or millimetres")
    return scale


def stands_along_z(positions: np.ndarray) -> bool:
    """Whether bodies (..., J, 3) reach much further along z than along y: z is up there."""
    whole = positions[np.isfinite(positions).all((-1, -2))]
    if not len(whole):
        return False
    extents = np.median(whole.max(-2) - whole.min(-2), axis=0)
    return bool(extents[2] > 1.5 * extents[1])


def usual_rate(rate: float, within: float) -> float:
    """The usual rate nearest to this one, if it is within this share of it; else the rate itself, rounded."""
    near = min(USUAL_RATES, key=lambda usual: abs(usual - rate) / usual)
    return float(near) if abs(near - rate) <= within * near else float(f"{rate:.6g}")


def seconds_per_tick(clock: np.ndarray) -> float | None:
    """The unit in which this clock's usual step is that of a camera; None where it has none."""
    step = _usual_step(clock)
    return next((unit for unit in _CLOCK_UNITS if step and _SLOWEST <= 1 / (step * unit) <= _FASTEST), None)


def rate_of(clock: np.ndarray) -> float:
    """Frames a second by a clock in seconds: exactly where it runs evenly, else the usual rate within 8 %."""
    steps = np.diff(clock)
    step = _usual_step(clock)
    even = bool(np.abs(steps - step).max() < 1e-5 * step)
    whole = abs(step * 1000 - round(step * 1000)) < 1e-6
    return usual_rate(1 / step, 0.0 if even and not whole else 0.02 if even else 0.08)


def _usual_step(clock: np.ndarray) -> float:
    """The mean of the steps that are near the median: pauses and doubled frames left out. 0 where there is none."""
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.diff(clock)
    steps = steps[np.isfinite(steps)]
    steps = steps[steps > 0]
    if not len(steps):
        return 0.0
    middle = np.median(steps)
    return float(steps[(steps > middle / 2) & (steps < middle * 1.5)].mean())
