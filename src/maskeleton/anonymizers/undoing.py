"""Undoing a map from vectors to vectors: by taking its moves away again and again, or by following its slope back."""

from collections.abc import Callable

import torch
from torch import Tensor

ROUNDS = 200
PATIENCE = 8  # rounds in which no guess comes nearer by a hundredth
NEAR = 1e-7  # of the size of a vector: nearer than this a float cannot come

SLOPED_ROUNDS = 20
GOOD = 1e-4  # of the size of a vector: a slope need not be followed nearer
AT_ONCE = 1024  # vectors whose slopes are held in memory

Step = Callable[[Tensor], Tensor]
Slope = Callable[[Tensor], tuple[Tensor, Tensor]]


def undone(step: Step, released: Tensor, strength: float = 1.0) -> Tensor:
    """x where x + strength · (step(x) − x) is what was released; of all guesses, for each vector, the best.

    It ends once no vector's guess comes nearer.
    """
    guess = best = released
    nearest = torch.full_like(released[..., :1], torch.inf)
    floor = NEAR * released.norm(dim=-1, keepdim=True)
    waited = 0
    for _ in range(ROUNDS):
        moves = strength * (step(guess) - guess)
        error = (guess + moves - released).norm(dim=-1, keepdim=True)
        gained = (error < 0.99 * nearest) & (nearest > floor)
        waited = 0 if bool(gained.any()) else waited + 1
        best = torch.where(error < nearest, guess, best)
        nearest = torch.minimum(error, nearest)
        if waited == PATIENCE:
            break
        guess = released - moves
    return best


def traced(slope: Slope, released: Tensor) -> Tensor:
    """x that `slope` brings to what was released (N, D), the nearest to it where there are many: Gauss's and Newton's
    steps, shorter where they lead away. `slope` gives what becomes of x and how that changes with x, (N, D, D)."""
    return torch.cat([_traced(slope, part) for part in released.split(AT_ONCE)]) if len(released) else released


def _traced(slope: Slope, released: Tensor) -> Tensor:
    eye = torch.eye(released.shape[-1], dtype=released.dtype, device=released.device)
    guess = released
    made, bent = slope(guess)
    wrong = made - released
    damping = torch.full_like(wrong[:, :1, None], 1e-2)
    for _ in range(SLOPED_ROUNDS):
        step = bent.mT @ torch.linalg.solve(bent @ bent.mT + damping * eye, wrong[..., None])
        tried = guess - step[..., 0]
        made, slanted = slope(tried)
        missed = made - released
        before, after = (error.norm(dim=-1, keepdim=True) for error in (wrong, missed))
        better = after < before
        done = (after > 0.9 * before) & better | (before < GOOD * released.norm(dim=-1, keepdim=True))
        guess, wrong = torch.where(better, tried, guess), torch.where(better, missed, wrong)
        bent = torch.where(better[..., None], slanted, bent)
        damping = torch.where(better[..., None], damping / 4, damping * 4).clamp(1e-6, 1e4)
        if bool(done.all()):
            break
    return guess
