"""Programs of every kind, made from a line of C."""

import subprocess
from pathlib import Path

import pytest

PLAIN = "#include <stdlib.h>\nint main(void) { void *volatile p = malloc(1); free(p); return 0; }\n"


@pytest.fixture
def build(tmp_path):
    """(source, options of the compiler) -> program; the name may be given."""
    def make(source: str = PLAIN, *options: str, name: str = "program",
             compiler: str = "gcc") -> Path:
        language = ".cc" if compiler == "g++" else ".c"
        file = tmp_path / (name + language)
        file.write_text(source)
        program = tmp_path / name
        subprocess.run([compiler, str(file), "-o", str(program), *map(str, options)], check=True)
        return program

    return make
