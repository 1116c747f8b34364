"""autoencoder: each frame is told in a few numbers, and drawn anew from them. The paper's other anonymizer."""

from torch import Tensor, nn

from maskeleton.anonymizers.base import Anonymizer, put_back, those_present, whole
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
