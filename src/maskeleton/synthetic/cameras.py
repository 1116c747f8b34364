"""Where the cameras stand and what each sees: the same take from several sides, in each camera's own frame."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from maskeleton import body, seeds

SETUP_DISTANCE, SETUP_HEIGHT, SETUP_TILT = 0.25, 0.08, 1.0  # how far one setup is from the next, metres and degrees
CAMERA_PLACE, CAMERA_AZIMUTH = 0.08, 2.0  # and one camera from where it should stand


class Layout(Protocol):
    """What the cameras need of the settings."""

    @property
    def distance(self) -> float: ...
    @property
    def camera_height(self) -> float: ...
    @property
    def camera_rise(self) -> float: ...
    @property
    def camera_rows(self) -> int: ...
    @property
    def camera_step(self) -> float: ...
    @property
    def camera_tilt(self) -> float: ...


class Camera(NamedTuple):
    """A camera's own axes, as rows (its left, up and forward), and its place in the world."""

    axes: np.ndarray  # (3, 3)
    place: np.ndarray  # (3,)


def direction(number: int, rows: int) -> int:
    """0, −1, 1, −2, 2 …: the direction camera `number` (from 1) films from, in steps; `rows` cameras share one."""
    step = (number - 1) // rows
    return (step + 1) // 2 * (-1 if step % 2 else 1)


def camera(seed: int, layout: Layout, setup: int, number: int) -> Camera:
    """Camera `number` of a setup. It looks at the stage's middle, tilted down as the layout says."""
    shift = seeds.generator(seed, "setup", setup).uniform(-1, 1, 3)
    own = seeds.generator(seed, "camera", setup, number).uniform(-1, 1, 3)
    azimuth = np.radians(direction(number, layout.camera_rows) * layout.camera_step + own[0] * CAMERA_AZIMUTH)
    distance = layout.distance + shift[0] * SETUP_DISTANCE + own[1] * CAMERA_PLACE
    row = (number - 1) % layout.camera_rows
    height = layout.camera_height + row * layout.camera_rise + shift[1] * SETUP_HEIGHT + own[2] * CAMERA_PLACE / 4
    tilt = np.radians(layout.camera_tilt + shift[2] * SETUP_TILT * (layout.camera_tilt != 0))
    # In its own frame a camera looks along +z; untilted at azimuth 0 it stands at +z and looks back, half a turn round.
    axes = (body.turn("y", azimuth + np.pi) @ body.turn("x", tilt)).T
    return Camera(axes, np.array([np.sin(azimuth) * distance, max(0.2, height), np.cos(azimuth) * distance]))


def filmed(world: np.ndarray, cameras: Sequence[Camera]) -> np.ndarray:
    """World positions (T, P, J, 3) -> (cameras, T, P, J, 3), each in its camera's frame."""
    axes = np.stack([each.axes for each in cameras])
    places = np.stack([each.place for each in cameras])
    seen: np.ndarray = (world.reshape(1, -1, 3) - places[:, None]) @ axes.transpose(0, 2, 1)
    return seen.reshape(len(cameras), *world.shape)


def unfilmed(seen: np.ndarray, camera: Camera) -> np.ndarray:
    """From a camera's frame back into the world."""
    world: np.ndarray = seen @ camera.axes + camera.place
    return world
