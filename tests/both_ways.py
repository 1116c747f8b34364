"""What a format should keep when a dataset is written and read again, and whether damaged files do any harm."""

from pathlib import Path
from types import ModuleType

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats.source import Fault, Options
from maskeleton.motion import GUESSED, Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import KINECT20, Skeleton

from mutations import mutations


def lively(skeleton: Skeleton = KINECT20, fps: float = 30.0) -> MotionDataset:
    """One plain recording; one with guessed and missing joints; one of two bodies that come and go, and nobody."""
    rng = generator(0, "test", "both ways")
    joints = len(skeleton.joints)
    plain, holes, two = (rng.normal(0, 0.5, (9, bodies, joints, 3)).astype(np.float32) for bodies in (1, 1, 2))
    holes[2:4, 0, 3] = np.nan
    holes[5] = np.nan
    two[:3, 0] = two[4, :] = two[6:, 1] = np.nan
    guessed = np.full(holes.shape[:3], GUESSED, np.uint8)
    guessed[..., ::2] = 2
    guessed[~np.isfinite(holes).all(-1)] = 0
    return MotionDataset.of(skeleton, fps, [
        Motion.of(plain, "plain", {"subject": "P001", "action": 7, "camera": 2}),
        Motion.of(holes, "holes", {"subject": "Ann, \"A\"; née Ü", "mood": "glad"}, tracked=guessed),
        Motion.of(two, "two", {"subject": "P002", "action": 0}),
    ])


def read(module: ModuleType, folder: Path, options: Options = Options()) -> MotionDataset:
    """A written folder, opened as a whole."""
    source = module.open(sorted(folder.iterdir()), options)
    motions = [motion for part in source.parts for motion in source.read(part)]
    faults = [motion for motion in motions if isinstance(motion, Fault)]
    assert not faults
    return MotionDataset.of(source.skeleton, source.fps, motions)


def assert_same(one: MotionDataset, other: MotionDataset) -> None:
    """Equal in all that a format keeps, whatever the order of the recordings."""
    assert (one.skeleton, one.fps, sorted(one.ids)) == (other.skeleton, other.fps, sorted(other.ids))
    for index, id in enumerate(one.ids):
        place = other.ids.index(id)
        first, second = one[index], other[place]
        assert one.told(index) == other.told(place)
        assert np.array_equal(first.present, second.present)
        assert np.array_equal(first.tracked, second.tracked)
        assert np.array_equal(first.positions[first.tracked > 0], second.positions[second.tracked > 0])


def survive(module: ModuleType, path: Path, data: bytes, count: int, options: Options = Options()) -> list[str]:
    """Read `count` damaged versions of a file; what was said of each. Anything but a UserError or a Fault escapes."""
    said = []
    for damaged in mutations(data, count, generator(0, "test", "damage", path.name)):
        path.write_bytes(damaged)
        module.detect(path, damaged[:4096])
        try:
            source = module.open([path], options)
            for motion in source.read(source.parts[0]):
                if isinstance(motion, Motion):
                    said.append("read")
                    MotionDataset.of(source.skeleton, source.fps, [motion])
                else:
                    said.append(motion.reason)
        except UserError as error:
            said.append(error.wrong)
    return said


def refused(module: ModuleType, path: Path, data: bytes | str, options: Options = Options()) -> str:
    """What is said of a file that cannot be read, as 'place: reason'."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    try:
        source = module.open([path], options)
    except UserError as error:
        return error.wrong
    fault, = source.read(source.parts[0])
    assert isinstance(fault, Fault)
    return f"{fault.place}: {fault.reason}"


def only(module: ModuleType, path: Path, data: bytes | str, options: Options = Options()) -> Motion:
    """The one recording of a file."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    source = module.open([path], options)
    found, = source.read(source.parts[0])
    assert isinstance(found, Motion), found
    return found
