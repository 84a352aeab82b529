"""generate: writes the C sources of one profile, see --help."""

import argparse
import sys
from pathlib import Path

import jinja2

from gen import command
from gen.check import TableError, prove
from gen.classes import build_model
from gen.profiles import ProfileError, load_profile
from gen.render import render, write


def main(args: list[str]) -> int:
    """Returns 0, 2 if the profile is wrong, or 1 if the generator or a template is wrong or a file
    cannot be written.  Output files are only touched if it returns 0."""
    options = _parser().parse_args(args)
    folders = options.profiles_dir or [options.profile.parent]
    try:
        model = build_model(load_profile(options.profile, *folders), options.debug)
        prove(model)
        write(render(model), options.out_dir)
    except ProfileError as error:
        print(error, file=sys.stderr)
        return 2
    except TableError as error:
        print(error, file=sys.stderr)
        return 1
    except jinja2.TemplateError as error:
        line = f":{error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        name = f"templates/{error.name}{line}" if hasattr(error, "name") else "templates"
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="generate",
        description="Writes hak_config.h, hak_classes.c and hak_fastpath.h of one profile.",
        epilog="example: generate --profile profiles/tiny-heavy.yaml --out-dir /tmp/tiny-heavy",
    )
    parser.add_argument("--profile", type=Path, required=True, help="the profile's file")
    parser.add_argument(
        "--profiles-dir",
        type=Path,
        action="append",
        help="where its bases are, the first folder that has one counts; default: where it is",
    )
    parser.add_argument("--out-dir", type=Path, required=True, help="made if it is not there")
    parser.add_argument("--debug", action="store_true", help="for the debug build")
    return parser


if __name__ == "__main__":
    command.run("generate", main)
