"""The only source of randomness: a seed is made of a number and of words that say what it is for."""

import hashlib

import numpy as np

Word = str | int


def seed_for(seed: int, *words: Word) -> int:
    """A 63-bit seed for one purpose; other words, or the same words in another order, give an unrelated one."""
    told = "\x1f".join(f"{type(word).__name__}:{word}" for word in (seed, *words))
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *words: Word) -> np.random.Generator:
    """A numpy generator for one purpose."""
    return np.random.default_rng(seed_for(seed, *words))
