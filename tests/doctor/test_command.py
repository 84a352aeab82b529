"""The command: its output for people and for programs, and its exit status."""

import json

import pytest

from gen.doctor.command import main
from tests.doctor.conftest import PLAIN


def test_fine(build, capsys):
    program = build()
    assert main([str(program)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{program}\n  fine ") and "with --run" in shown
    assert max(map(len, shown.splitlines()[1:])) <= 96


def test_problems(build, capsys):
    assert main([str(build(PLAIN, "-static"))]) == 1
    assert "  problem   linked statically" in capsys.readouterr().out


def test_a_problem_keeps_it_from_running(build, tmp_path, capsys):
    program = build(f'#include <stdio.h>\nint main(void) {{ fopen("{tmp_path}/ran", "w"); }}\n',
                    "-static")
    assert main(["--run", str(program)]) == 1
    assert "not run, because" in capsys.readouterr().out and not (tmp_path / "ran").exists()


def test_run_and_json(build, capfd):
    program = build(PLAIN.replace("return", 'puts("its output"); return').replace(
        "#include", "#include <stdio.h>\n#include"))
    assert main(["--json", "--run", str(program)]) == 0
    shown = capfd.readouterr()
    data = json.loads(shown.out)
    assert "its output" in shown.err
    assert (data["file"], data["status"], data["findings"]) == (str(program), 0, [])
    assert data["seen"]["calls"] >= 1 and data["advice"]["profile"] == "default"


def test_arguments_run_it_in_the_callers_folder(build, tmp_path, monkeypatch, capfd):
    build("#include <stdio.h>\nint main(int n, char **v) { return fopen(v[1], \"w\") == 0; }\n")
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
    assert main(["./program", "made"]) == 0
    assert (tmp_path / "made").exists()
    assert "  profile   default: " in capfd.readouterr().out


@pytest.mark.parametrize("args, said", [
    (["no-such-program"], "doctor: no-such-program: not in PATH; "),
    (["./no/such"], "doctor: ./no/such: no such file; "),
])
def test_no_such_program(args, said, capsys):
    assert main(args) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(said) and shown.count("\n") == 1


@pytest.mark.parametrize("args", [[], ["--no-such-option", "ls"]])
def test_wrong_use(args):
    with pytest.raises(SystemExit) as end:
        main(args)
    assert end.value.code == 2
