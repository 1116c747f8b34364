"""The shelf of anonymizers: what turns motion into motion that gives less away.

Each is an `Anonymizer`, built as `Name(skeleton, **options)` for any body plan; its options have defaults, and
`options` holds all that is needed to build it again. It takes positions (B, T, P, J, 3) in metres, who is present
(B, T, P) and a seed for each row (B,), for any T and P, and gives positions and presence of the same shape. Bodies and
frames that are absent come back byte for byte, whatever stands there. Every random number of a row comes from its own
seed, so a row comes out the same whoever stands beside it. `strength` 0 gives the input byte for byte, 1 is what was
trained. One that can be undone says how in `invert`; `sources` tells whose recordings entered each released one.

One with scope "dataset" looks at everybody before it releases anybody: `together(dataset, seed, rows)` gives these rows
released, `donors(dataset, seed)` the rows that enter each, and everything random comes from that one seed.

One that must know the population learns it in `prepare`, and refuses to work before; what it learned are buffers, which
travel with the weights. One that `retimes` may show other moments and, asked to, gives another T.
"""

from maskeleton.anonymizers.appearance import Appearance
from maskeleton.anonymizers.autoencoder import AutoEncoder
from maskeleton.anonymizers.base import Anonymizer
from maskeleton.anonymizers.blend import Blend
from maskeleton.anonymizers.bones import Bones
from maskeleton.anonymizers.eraser import Eraser
from maskeleton.anonymizers.ksame import KSame
from maskeleton.anonymizers.lowpass import LowPass
from maskeleton.anonymizers.neutral import Neutral
from maskeleton.anonymizers.noise import Noise
from maskeleton.anonymizers.offset import Offset
from maskeleton.anonymizers.rescale import Rescale
from maskeleton.anonymizers.residual import Residual
from maskeleton.anonymizers.retarget import Retarget
from maskeleton.anonymizers.swap import Swap
from maskeleton.anonymizers.temporal import Temporal
from maskeleton.anonymizers.typical import Typical
from maskeleton.anonymizers.unet import UNet

ANONYMIZERS: dict[str, type[Anonymizer]] = {
    "noise": Noise,
    "residual": Residual,
    "autoencoder": AutoEncoder,
    "unet": UNet,
    "bones": Bones,
    "neutral": Neutral,
    "blend": Blend,
    "ksame": KSame,
    "lowpass": LowPass,
    "appearance": Appearance,
    "eraser": Eraser,
    "retarget": Retarget,
    "typical": Typical,
    "temporal": Temporal,
    "swap": Swap,
    "offset": Offset,
    "rescale": Rescale,
}
