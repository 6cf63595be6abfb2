"""Files named by what a peer wrote, in folders where other files lie."""

from __future__ import annotations

from pathlib import Path

import pytest

import chains
from tocsin.base.clock import now
from tocsin.trust.certificate import read_certificates
from tocsin.trust.collection import Collection
from tocsin.trust.saving import file_stem, save
from tocsin.trust.verdict import Verdict


def collection(*made: chains.Made) -> Collection:
    verdict = Verdict(trusted=False, anchor=None, code=None)
    certificates = tuple(one.parsed for one in made)
    return Collection("relay.example.com", 587, "starttls", now(), (), certificates, verdict)


@pytest.mark.parametrize(
    ("common_name", "stem"),
    [
        ("Example Root CA 1", "ExampleRootCA1"),
        ("relay.example.com", "relay.example.com"),
        ("*.example.com", "wildcard.example.com"),
        ("../escaped", "escaped"),
        ("/etc/passwd", "etc_passwd"),
        ("a\tb\nc", "a_u0009b_u000ac"),
        ("-rf", "rf"),
        ("..", ""),
        ("...hidden", "hidden"),
        ("Größe", "Gr_e"),
        ("$(reboot);`x`|y", "reboot_x_y"),
        ("n" * 64, "n" * 64),
    ],
)
def test_names_become_safe(common_name: str, stem: str) -> None:
    """Spaces go, unsafe characters become a line, nothing leads out of the folder."""
    certificate = chains.make(common_name, names=(), ca=True).parsed
    assert file_stem(certificate) == (stem or f"certificate-{certificate.sha256[:8]}")


def test_a_certificate_without_common_name_is_called_by_its_unit() -> None:
    """Unit, then organization, then the fingerprint names the file."""
    unit = chains.make(None, unit="Example Class 2 Authority", organization="Example", ca=True)
    assert file_stem(unit.parsed) == "ExampleClass2Authority"
    assert file_stem(chains.make(None, organization="Example, Inc.", ca=True).parsed) == (
        "Example_Inc"
    )


def test_the_guides_names_come_out(tmp_path: Path) -> None:
    """One file for each certificate of the ladder, under the names people know."""
    ladder = chains.ladder("email-smtp.eu-west-1.example.com")
    collected = collection(*ladder.presented)
    files = save(collected, tmp_path / "new" / "folder")
    assert [one.name for one in files] == [
        "email-smtp.eu-west-1.example.com.pem",
        "ExampleRSA2048M02.pem",
        "ExampleRootCA1.pem",
        "ExampleServicesRoot-G2.pem",
    ]
    for made, path in zip(ladder.presented, files, strict=True):
        assert [one.der for one in read_certificates(path.read_bytes())] == [made.der]
        assert collected.files[made.sha256] == str(path)


def test_twins_of_one_name_both_stay(tmp_path: Path) -> None:
    """A root and its cross-signed twin get two files."""
    ladder = chains.ladder()
    files = save(collection(ladder.root, ladder.root_crossed), tmp_path)
    assert files[0].name == "ExampleRootCA1.pem"
    assert files[1].name == f"ExampleRootCA1-{ladder.root_crossed.sha256[:8]}.pem"


def test_saving_again_writes_nothing_new(tmp_path: Path) -> None:
    """The same certificates give the same files; their times do not change."""
    collected = collection(*chains.ladder().presented)
    first = save(collected, tmp_path)
    before = [one.stat().st_mtime_ns for one in first]
    assert save(collected, tmp_path) == first
    assert [one.stat().st_mtime_ns for one in first] == before
    assert len(list(tmp_path.iterdir())) == 4


def test_no_file_that_is_there_is_touched(tmp_path: Path) -> None:
    """Foreign files, older certificates, folders and links of the wanted name stay."""
    made = chains.make("Example Root CA 1", ca=True)
    older = chains.make("Example Root CA 1", ca=True)
    (tmp_path / "ExampleRootCA1.pem").write_bytes(older.pem)
    (tmp_path / "cacert-corp.pem").write_text("mine")
    (path,) = save(collection(made), tmp_path)
    assert path.name == f"ExampleRootCA1-{made.sha256[:8]}.pem"
    assert (tmp_path / "ExampleRootCA1.pem").read_bytes() == older.pem
    assert (tmp_path / "cacert-corp.pem").read_text() == "mine"


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link of the wanted name, dangling or not, neither is written through nor counts."""
    made = chains.make("Example Root CA 1", ca=True)
    outside = tmp_path / "outside"
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "ExampleRootCA1.pem").symlink_to(outside)
    (path,) = save(collection(made), folder)
    assert not outside.exists()
    assert path.name != "ExampleRootCA1.pem"


def test_three_strangers_of_the_wanted_names_end_it(tmp_path: Path) -> None:
    """When every possible name is taken by something else, that is said."""
    made = chains.make("Example Root CA 1", ca=True)
    for suffix in ("", f"-{made.sha256[:8]}", f"-{made.sha256}"):
        (tmp_path / f"ExampleRootCA1{suffix}.pem").mkdir()
    with pytest.raises(FileExistsError):
        save(collection(made), tmp_path)


@pytest.mark.parametrize("common_name", ["../escaped", "*", "/tmp/x", "..", "a/../../b", "~", "%s"])
def test_the_peer_does_not_choose_the_path(tmp_path: Path, common_name: str) -> None:
    """A common name that leads elsewhere, or that a shell would expand, stays in the folder."""
    folder = tmp_path / "in" / "here"
    bystander = tmp_path / "in" / "escaped.pem"
    bystander.parent.mkdir()
    bystander.write_text("mine")
    (path,) = save(collection(chains.make(common_name, names=(), ca=True)), folder)
    assert path.parent == folder
    assert list(folder.iterdir()) == [path]
    assert sorted(one.name for one in bystander.parent.iterdir()) == ["escaped.pem", "here"]
    assert bystander.read_text() == "mine"
    assert not set(path.name) & set("*?[]~$% /\\")


def test_strangers_of_equal_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """Three certificates of one common name, also where only blanks or case tell them apart."""
    made = [chains.make(name, ca=True) for name in ("Example CA", "ExampleCA", "Example  CA")]
    files = save(collection(*made), tmp_path)
    assert len(set(files)) == 3
    kept = [read_certificates(path.read_bytes())[0].sha256 for path in files]
    assert kept == [one.sha256 for one in made]


def test_older_files_are_not_taken_for_new(tmp_path: Path) -> None:
    """What lies in the folder is neither named as collected nor written over the fresh one."""
    fresh, older = chains.make("Example CA", ca=True), chains.make("Example CA", ca=True)
    for name in ("backup.pem", "my corp.pem", "cacert1.pem", "-.pem", "zzz.crt"):
        (tmp_path / name).write_bytes(older.pem)
    collected = collection(fresh)
    (path,) = save(collected, tmp_path)
    assert path.name == "ExampleCA.pem"
    assert read_certificates(path.read_bytes())[0].sha256 == fresh.sha256
    assert collected.files == {fresh.sha256: str(path)}
    assert len(list(tmp_path.iterdir())) == 6
    assert (tmp_path / "cacert1.pem").read_bytes() == older.pem


def test_where_nothing_was_collected_nothing_is_made(tmp_path: Path) -> None:
    """Not even an empty folder stands for success."""
    assert save(collection(), tmp_path / "out") == []
    assert not (tmp_path / "out").exists()
