"""Archives: the same data as unpacked, and gone afterwards; whatever is meant to do harm is refused by its name."""

import io
import os
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from maskeleton import store
from maskeleton.errors import UserError
from maskeleton.formats import archive, ntu
from maskeleton.formats.archive import unpack
from maskeleton.formats.opening import open_source, read
from maskeleton.intake import block_jobs, take_block
from maskeleton.seeds import generator
from maskeleton.verbs.convert import convert
from maskeleton.verbs.describe import describe

from mutations import mutations
from people import crowd

Change = Callable[[Path], None]


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store.write(crowd(), tmp_path / "crowd")
    convert(tmp_path / "crowd", tmp_path / "files", to="ntu")
    return tmp_path / "files"


def zipped(path: Path, *members: tuple[str, bytes], **attributes: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            file.writestr(info, data)
    return path


def tarred(path: Path, *members: tarfile.TarInfo, data: bytes = b"") -> Path:
    with tarfile.open(path, "w") as file:
        for member in members:
            file.addfile(member, io.BytesIO(data))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz", "tgz", "tar.bz2", "tar.xz"])
@pytest.mark.parametrize("below", ["", "corpus/"])
def test_an_archive_is_the_folder_in_it(folder: Path, tmp_path: Path, ending: str, below: str) -> None:
    path = tmp_path / f"corpus.{ending}"
    files = sorted(folder.iterdir())
    if ending == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("__MACOSX/._x.skeleton", b"rubbish")
            for file in files:
                packed.write(file, below + file.name)
    else:
        with tarfile.open(path, f"w:{ending.rpartition('.')[2].replace('tgz', 'gz').replace('tar', '')}") as tar:
            for file in files:
                tar.add(file, below + file.name)
    taken = convert(path, tmp_path / "out")
    assert taken.dataset is not None
    assert taken.dataset.content_id == crowd().content_id
    assert describe(path)["content_id"] == crowd().content_id
    assert read(path).content_id == read(folder).content_id
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_store_in_an_archive(tmp_path: Path) -> None:
    store.write(crowd(), tmp_path / "crowd")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for file in (tmp_path / "crowd").iterdir():
            packed.write(file, f"crowd/{file.name}")
    assert read(tmp_path / "a.zip").content_id == crowd().content_id
    assert describe(tmp_path / "a.zip")["format"] == "store"
    taken = convert(tmp_path / "a.zip", tmp_path / "out")
    assert taken.dataset is not None
    assert taken.dataset.content_id == crowd().content_id


def test_work_that_was_interrupted_knows_the_files_again(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for file in sorted(folder.iterdir()):
            packed.write(file, file.name)
    first, second = open_source(tmp_path / "a.zip"), open_source(tmp_path / "a.zip")
    assert first.root != second.root
    assert [job.file for job in block_jobs(first, take_block, ())] == [job.file for job in block_jobs(second, take_block, ())]


BIG = bytes(3_000_000)
LINK = (stat.S_IFLNK | 0o777) << 16
HARM: dict[str, Callable[[Path], Path]] = {
    "'../../evil.skeleton', which would leave the folder": lambda p: zipped(p / "a.zip", ("../../evil.skeleton", b"x")),
    "'/etc/evil.skeleton', which would leave": lambda p: zipped(p / "a.zip", ("/etc/evil.skeleton", b"x")),
    "'C:/evil.skeleton', which would leave": lambda p: zipped(p / "a.zip", ("C:/evil.skeleton", b"x")),
    "'link.skeleton', which is a link": lambda p: zipped(p / "a.zip", ("link.skeleton", b"/etc/passwd"), external_attr=LINK),
    "'pipe', which is no plain file": lambda p: zipped(p / "a.zip", ("pipe", b""), external_attr=stat.S_IFIFO << 16),
    "holds ./a.skeleton twice": lambda p: zipped(p / "a.zip", ("a.skeleton", b"x"), ("./a.skeleton", b"y")),
    "a.zip would unpack to over": lambda p: zipped(p / "a.zip", ("a", BIG)),
    "a.zip holds no files": lambda p: zipped(p / "a.zip"),
    "a.zip cannot be unpacked as a zip: File is not a zip file": lambda p: _written(p / "a.zip", b"no zip at all"),
    "'../evil.skeleton', which would leave": lambda p: tarred(p / "a.tar", member("../evil.skeleton")),
    "'/evil.skeleton', which would leave": lambda p: tarred(p / "a.tar", member("/evil.skeleton")),
    "'soft', which is a link": lambda p: tarred(p / "a.tar", member("soft", tarfile.SYMTYPE, "/etc/passwd")),
    "'hard', which is a link": lambda p: tarred(p / "a.tar", member("hard", tarfile.LNKTYPE, "/etc/passwd")),
    "'disk', which is no plain file": lambda p: tarred(p / "a.tar", member("disk", tarfile.BLKTYPE)),
    "'tty', which is no plain file": lambda p: tarred(p / "a.tar", member("tty", tarfile.CHRTYPE)),
    "'fifo', which is no plain file": lambda p: tarred(p / "a.tar", member("fifo", tarfile.FIFOTYPE)),
    "'hole', which is no plain file": lambda p: tarred(p / "a.tar", member("hole", tarfile.GNUTYPE_SPARSE)),
    "as a tar: unexpected end of data": lambda p: _cut(tarred(p / "a.tar", member("a", size=9999), data=BIG[:9999]), 4000),
    "a.tar.gz would unpack to over": lambda p: _bomb(p / "a.tar.gz"),
}


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _cut(path: Path, size: int) -> Path:
    return _written(path, path.read_bytes()[:size])


def _bomb(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as file:
        file.addfile(member("a", size=len(BIG)), io.BytesIO(BIG))
    return path


@pytest.mark.parametrize("says", HARM)
def test_harm_is_refused_by_its_name(tmp_path: Path, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FREE", 1_000_000)
    path = HARM[says](tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError) as said:
        open_source(path)
    assert says in said.value.wrong
    assert sorted(tmp_path.rglob("*")) == before


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.skeleton", b"x" * 50))
    data = path.read_bytes()
    central = data.index(b"PK\1\2")
    path.write_bytes(data[: central + 8] + b"\x01" + data[central + 9 :])
    with pytest.raises(UserError, match=r"'a.skeleton', which is encrypted"):
        unpack(path)


def test_lists_of_members_and_headers_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_DIRECTORY", 1000)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 3)
    with pytest.raises(UserError, match=r"a list of members of \d"):
        unpack(zipped(tmp_path / "a.zip", *((f"{n}.skeleton", b"") for n in range(40))))
    with pytest.raises(UserError, match="holds more than 3 files"):
        unpack(tarred(tmp_path / "a.tar", *(member(str(n)) for n in range(4))))
    long = member("a", tarfile.XHDTYPE)
    long.size = 1 << 40  # a header that says it is a terabyte long
    (tmp_path / "b.tar").write_bytes(long.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))
    with pytest.raises(UserError, match="a header of 1099511627776 bytes"):
        unpack(tmp_path / "b.tar")


def test_no_room_is_a_sentence(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", ("a" * 300, b"x"))
    with pytest.raises(UserError, match="cannot be unpacked in .*tmp: File name too long") as said:
        unpack(path)
    assert "TMPDIR" in said.value.remedy


@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz"])
def test_damaged_archives(tmp_path: Path, ending: str) -> None:
    ntu.write(crowd(1, 1, 1), tmp_path / "in")
    source = tmp_path / "in" / "S001C001P001R001A001.skeleton"
    path = tmp_path / f"a.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.write(source, source.name)
            packed.writestr("b.txt", b"b")
    else:
        with tarfile.open(path, "w:gz" if ending == "tar.gz" else "w", format=tarfile.PAX_FORMAT) as tar:
            tar.add(source, "ü" * 80 + source.name)  # with a header of its own
            tar.add(source, source.name)
    said = set()
    for damaged in mutations(path.read_bytes(), 100, generator(0, "test", "damage", ending)):
        path.write_bytes(damaged)
        try:
            unpack(path)
            said.add("unpacked")
        except UserError as error:
            said.add(error.wrong)
    assert "unpacked" in said
    assert len(said) > 4
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not np.any([os.path.lexists(tmp_path / name) for name in ("evil", "b.txt")])
