"""bones: every body on the bone lengths most people have, standing where its feet stood. How somebody is built is gone.
"""

from torch import Tensor

from maskeleton.anonymizers.canonical import Canonical
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.ground import floor_of
from maskeleton.anonymizers.limbs import bones_of


class Bones(Canonical):
    """Directions stay, lengths become the population's. The path is the own one in the measure of the legs, but that
    feet which stood still stand still; on the whole everybody is where they were, on the floor they stood on.

    There is no `invert`: how long the own bones were cannot be seen any more.
    """

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        self.refuse_unprepared()
        crew = Crew.of(positions, present)
        if not len(crew.bodies):
            return positions
        bones = bones_of(crew.bodies, self.tree)
        lengths, scale = self.longer(bones, crew, seeds)
        before = crew.bodies[:, [*self.tree.feet, self.tree.root]]
        limbs, way = self.standing(self.directions(bones) * lengths, before, scale, crew.weight)
        shift = crew.mean(before[:, 2]) - crew.mean(way)
        shift[:, 1] = floor_of(before[:, :2], crew.weight)[:, 0]
        return crew.back(limbs + (way + shift[..., None])[:, None], positions)
