"""autoencoder: each frame is told in a few numbers, and drawn anew from them. The paper's other anonymizer."""

import torch
from torch import Tensor, nn

from maskeleton.anonymizers.base import Anonymizer, put_back, those_present, whole
from maskeleton.anonymizers.undoing import traced
from maskeleton.skeleton import Skeleton


class AutoEncoder(Anonymizer):
    """Two fully connected layers each way, frame by frame and body by body.

    It is first taught to reconstruct; from then on the encoder stays and only the decoder learns. The paper does not
    print the widths.
    """

    reconstructs = True
    settled = ("encoder",)

    def __init__(self, skeleton: Skeleton, *, width: int = 256, latent: int = 32) -> None:
        width, latent = whole("width", width, 1), whole("latent", latent, 1)
        super().__init__(skeleton, width=width, latent=latent)
        size = len(skeleton.joints) * 3
        self.encoder = nn.Sequential(nn.Linear(size, width), nn.ReLU(), nn.Linear(width, latent))
        self.decoder = nn.Sequential(nn.Linear(latent, width), nn.ReLU(), nn.Linear(width, size))

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        return put_back(self.decoder(self.encoder(those_present(positions, present))), positions, present)

    def invert(self, positions: Tensor, present: Tensor) -> Tensor:
        """The pose nearest to the released one of all that are drawn like it: what the few numbers held comes back
        whole, the rest stays as released."""
        with torch.no_grad():
            return put_back(traced(self._slope, those_present(positions, present)), positions, present)

    def _slope(self, poses: Tensor) -> tuple[Tensor, Tensor]:
        """What becomes of poses (N, J·3), and how that changes with them."""
        told, telling = with_slope(self.encoder, poses)
        drawn, drawing = with_slope(self.decoder, told)
        eye = torch.eye(poses.shape[-1], dtype=poses.dtype, device=poses.device)
        return torch.lerp(poses, drawn, self.strength), torch.lerp(eye, drawing @ telling, self.strength)


def with_slope(layers: nn.Sequential, vectors: Tensor) -> tuple[Tensor, Tensor]:
    """What two layers make of vectors, and the matrix of its derivatives for each."""
    inner = layers[0](vectors)
    second, first = (layers[place].weight for place in (2, 0))
    return layers[2](torch.relu(inner)), (second * (inner > 0)[:, None]) @ first
