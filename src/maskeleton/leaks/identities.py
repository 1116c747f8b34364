"""identities: no id, name, file name or content id of the original stands anywhere, and no plain hash of one.

Looked through are the names of all files and everything in them: text, numbers as text, members of archives, text of two
bytes a sign. A plain hash confirms a guess: who has an original computes it and looks it up. So words of twelve or more
hexadecimal digits are compared with md5, sha1, sha256 and blake2b of every id, person and original file, and with the
content ids of recordings. Keys that lie beside the release are looked for too.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.formats.kit.kinect import numbers_in_name
from maskeleton.labels import UNKNOWN
from maskeleton.leaks.given import Given, Leak
from maskeleton.leaks.raw import text_of
from maskeleton.publish import PERSON, SCHEMES

FUNCTIONS = ("md5", "sha1", "sha256", "blake2b")
HEX = re.compile(rb"[0-9a-fA-F]{12,}")
FEWEST_DIGITS = 12
_WORD = re.compile(rb"[\w.@+/-]*[A-Za-z][\w.@+/-]*", re.ASCII)
SHORTEST = 4  # letters of a name that is also looked for within words


def find(given: Given) -> Iterator[Leak]:
    """Go through names and contents of all files."""
    names, digests = known_words(given), known_digests(given)
    within = sorted((name for name, what in names.items() if what == "the name of a person" and len(name) >= SHORTEST),
                    key=len, reverse=True)
    inside = re.compile(b"|".join(re.escape(name.encode()) for name in within), re.IGNORECASE) if within else None
    for file in given.files:
        name = given.name_of(file)
        yield from _in_text(name, "its name", name.encode("utf-8", "replace"), names, digests, inside)
        if file.is_symlink():
            continue
        for place, text in text_of(file):
            found = list(_in_text(name, place, text, names, digests, inside))
            if found:
                yield found[0]
                break
    yield from _unchanged(given)


def _in_text(file: str, place: str, text: bytes, names: dict[str, str], digests: dict[str, tuple[str, str]],
             inside: re.Pattern[bytes] | None) -> Iterator[Leak]:
    for match in HEX.finditer(text):
        digits = match[0].decode().lower()
        whole, what = digests.get(digits[:FEWEST_DIGITS], ("", ""))
        if whole and (whole.startswith(digits) or digits.startswith(whole)):
            yield Leak(file, _place(place, text, match.start()), f"{digits[:16]}… is {what}")
            return
    if names:
        for match in _WORD.finditer(text):
            word = match[0].decode("ascii").lower().strip("./-+@")
            for part in (word, word.rsplit("/", 1)[-1], word.rsplit("/", 1)[-1].rsplit(".", 1)[0]):
                if part in names:
                    yield Leak(file, _place(place, text, match.start()), f"{part!r} is {names[part]}")
                    return
    if inside is not None and (hit := inside.search(text)):
        yield Leak(file, _place(place, text, hit.start()), f"{hit[0].decode()!r} is the name of a person")


def _place(place: str, text: bytes, at: int) -> str:
    breaks = text.count(b"\n", 0, at)
    line = "" if b"\0" in text[:4096] or place == "its name" else f"line {breaks + 1}"
    return ", ".join(word for word in (place, line) if word)


def known_words(given: Given) -> dict[str, str]:
    """Words of the original that must not stand in a release -> what they are. Names in the schemes that number people
    are left out: a release has such names too, of others."""
    original = given.original
    if original is None:
        given.not_tried.append("ids and names of the original: give --original DATA")
        return {}
    found: dict[str, str] = {}
    for text in [*original.ids, *original.sources, *(file.name for file in given.original_files)]:
        base = text.rsplit("/", 1)[-1].lower()
        for word in (base, base.rsplit(".", 1)[0]):
            found[word] = "the id of an original recording, or the name of its file"
    published = given.published
    for label in original.labels:
        if label in original.names and (label == PERSON or (published is not None and label not in published)):
            what = "the name of a person" if label == PERSON else f"a name of the label {label}, which was dropped"
            found |= {name.lower(): what for name in original.names[label]}
    ours = {word.lower() for label, names in given.released.names.items() for word in names}
    ours |= {word.lower() for word in (*given.released.skeleton.joints, *given.released.labels)}
    return {word: what for word, what in found.items() if word and re.search("[a-z]", word) and word not in ours
            and len(word) > 2 and not _numbered(word)}


def _numbered(word: str) -> bool:
    stem = word.upper().rsplit(".", 1)[0]
    return any(numbers_in_name(stem, letters, between, strict=True) for letters, between in SCHEMES.values())


def known_digests(given: Given) -> dict[str, tuple[str, str]]:
    """The first digits of hashes that must not stand in a release -> (all digits, what it is)."""
    found: dict[str, tuple[str, str]] = {}

    def put(digest: str, what: str) -> None:
        found[digest[:FEWEST_DIGITS]] = digest, what

    for secret in given.secrets:
        put(secret.lower(), "a secret key")
    if given.original is None:
        return found
    put(given.original.content_id, "the content id of the original")
    for digest in (*given.original.hashes, *given.original.motion_hashes):
        put(digest, "the content id of an original recording")
    for text in _texts(given.original):
        for function in FUNCTIONS:
            put(hashlib.new(function, text.encode("utf-8", "surrogateescape")).hexdigest(),
                f"a plain hash ({function}) of an id or a name of the original")
    for function, digest in _of_files(given.original_files):
        put(digest, f"a plain hash ({function}) of an original file")
    return found


def _texts(original: MotionDataset) -> set[str]:
    people = {original.text(PERSON, row) for row in np.unique(original.labels[PERSON], return_index=True)[1].tolist()} \
        if PERSON in original.labels else set()
    return {*original.ids, *(id.rsplit("/", 1)[-1] for id in original.ids), *people} - {""}


def _of_files(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for file in files:
        hashes = [hashlib.new(function) for function in FUNCTIONS]
        with file.open("rb") as opened:
            while data := opened.read(1 << 20):
                for one in hashes:
                    one.update(data)
        yield from zip(FUNCTIONS, (one.hexdigest() for one in hashes), strict=True)


def _unchanged(given: Given) -> Iterator[Leak]:
    """People who have the number that they had, more of them than chance would leave."""
    released, original = given.released, given.original
    rows, olds = given.pairs
    if original is None or not len(rows) or PERSON not in original.labels or PERSON not in released.labels:
        return
    pairs = {(int(released.labels[PERSON][row]), _number(original, int(old))) for row, old in zip(rows, olds, strict=True)}
    same = sum(new == old for new, old in pairs if new != UNKNOWN)
    if same > most_by_chance(len(pairs)):
        yield Leak("", "the numbers of people", f"{same} of {len(pairs)} people have the number that they had")


def _number(original: MotionDataset, row: int) -> int:
    digits = re.sub(r"\D", "", original.text(PERSON, row))
    return int(digits) if digits else UNKNOWN


def most_by_chance(people: int) -> int:
    """How many keep their number in all but one of 100,000 shuffles; of few people all may."""
    return 8 if people >= 8 else people
