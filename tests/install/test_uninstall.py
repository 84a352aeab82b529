"""What is taken away again, and what is not."""

import pytest

from bazel.install import tree
from bazel.install.install import main
from bazel.install.tree import MANIFEST


def install(root, profile: str = "default") -> None:
    assert main(["--prefix", str(root), "--profile", profile]) == 0


def uninstall(root) -> int:
    return main(["--prefix", str(root), "--uninstall"])


def everything(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_nothing_is_left_of_a_new_prefix(tmp_path, capsys):
    install(tmp_path / "new/prefix")
    install(tmp_path / "new/prefix", "hardened")
    assert uninstall(tmp_path / "new/prefix") == 0
    assert f"hakmem is no longer in {tmp_path}/new/prefix" in capsys.readouterr().out
    assert everything(tmp_path) == ["new"]


def test_what_was_there_before_stays(tmp_path):
    (tmp_path / "lib/pkgconfig").mkdir(parents=True)
    (tmp_path / "share/man").mkdir(parents=True)
    (tmp_path / "lib/other.so").write_text("other")
    before = everything(tmp_path)
    install(tmp_path)
    (tmp_path / "include/other.h").write_text("came later")
    assert uninstall(tmp_path) == 0
    assert everything(tmp_path) == sorted(before + ["include", "include/other.h"])


def test_a_file_that_was_changed_stays_and_is_named(tmp_path, capsys):
    install(tmp_path)
    header = tmp_path / "include/hakmem.h"
    header.write_text(header.read_text() + "/* mine */")
    (tmp_path / "lib/libhakmem.so").unlink()
    (tmp_path / "lib/libhakmem.so").symlink_to("libother.so")
    assert uninstall(tmp_path) == 1
    said = capsys.readouterr().err
    assert f"install: {header}: changed since it was installed; left alone" in said
    assert f"install: {tmp_path}/lib/libhakmem.so: changed" in said
    assert [path for path in everything(tmp_path) if not (tmp_path / path).is_dir()] == [
        "include/hakmem.h", "lib/libhakmem.so", MANIFEST]
    header.unlink()
    (tmp_path / "lib/libhakmem.so").unlink()
    assert uninstall(tmp_path) == 0
    assert everything(tmp_path) == []


def test_a_file_of_an_earlier_version_goes(tmp_path):
    install(tmp_path)
    old = tmp_path / "lib/old.a"
    old.write_text("")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    with (tmp_path / MANIFEST).open("a") as manifest:
        manifest.write(f"file {empty} lib/old.a\n")
    install(tmp_path)
    assert not old.exists()
    assert "old.a" not in (tmp_path / MANIFEST).read_text()


def test_an_interrupted_upgrade_can_be_taken_away(tmp_path, monkeypatch):
    """Files of the old version and of the new one, and one that only the old one had."""
    old = [tree.File("lib/a", b"old a"), tree.File("lib/b", b"old b"), tree.File("share/old", b"")]
    new = [tree.File("lib/a", b"new a"), tree.File("lib/b", b"new b")]
    tree.lay_down(old, tmp_path)
    place = tree._place

    def interrupted(file, root):
        if file.path == "lib/b":
            raise KeyboardInterrupt
        place(file, root)

    monkeypatch.setattr(tree, "_place", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tree.lay_down(new, tmp_path)
    monkeypatch.setattr(tree, "_place", place)
    assert (tmp_path / "lib/a").read_bytes() == b"new a"
    assert (tmp_path / "lib/b").read_bytes() == b"old b"
    assert tree.take_away(tmp_path) == []
    assert everything(tmp_path) == []


@pytest.mark.parametrize("line", [
    "file 0 ../outside", "file 0 /etc/passwd", "folder - lib/../../outside", "nonsense", "a b c",
])
def test_a_manifest_that_reaches_out_of_the_prefix_is_refused(line, tmp_path, capsys):
    install(tmp_path)
    before = everything(tmp_path)
    (tmp_path / MANIFEST).write_text(line + "\n")
    assert uninstall(tmp_path) == 2
    assert f"{MANIFEST}: line 1 is none of a manifest: {line}" in capsys.readouterr().err
    assert everything(tmp_path) == before


def test_nothing_is_installed_there(tmp_path, capsys):
    assert uninstall(tmp_path) == 2
    assert capsys.readouterr().err == (
        f"install: {tmp_path}/{MANIFEST}: no such file: hakmem is not installed there\n")
