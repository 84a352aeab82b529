"""explain: what a profile gives and what it costs, before it is built; see --help."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from gen import command, screen
from gen.check import TableError, prove
from gen.classes import build_model
from gen.explain.costs import explain
from gen.explain.profiles import show_profiles
from gen.explain.show import show
from gen.fit import compare
from gen.model import Model
from gen.predict.predict import predict
from gen.profiles import ProfileError, load_named
from gen.record import reader, recording
from gen.record.merge import merge


def main(args: list[str]) -> int:
    """Returns 0, 2 if a profile, a recording or statistics are missing or wrong, or 1 if the
    generator is wrong."""
    parser = _parser()
    options = parser.parse_args(args)
    for key in ("against", "measured"):
        if getattr(options, key) and not (options.recording and options.name):
            parser.error(f"--{key}: needs a profile's NAME and --recording FILE")
    if options.recording and options.name is None:
        parser.error("--recording: needs a profile's NAME")
    paths = [command.from_caller(path) for path in options.recording or []]
    profiles_dir = _profiles_dir(options.profiles_dir)
    try:
        if options.name is None:
            show_profiles(profiles_dir, options.json)
            return 0
        model = _proved(options.name, profiles_dir)
        if paths:
            against = [_proved(options.against, profiles_dir)] if options.against else []
            _compare([model, *against], paths, options)
            return 0
    except (ProfileError, recording.RecordingError, compare.StatisticsError) as error:
        print(error, file=sys.stderr)
        return 2
    except TableError as error:
        print(error, file=sys.stderr)
        return 1
    told = explain(model)
    if options.json:
        print(json.dumps(asdict(told), indent=2))
    else:
        show(told, screen.make_console(columns=screen.TEXT))
    return 0


def _proved(named: str, profiles_dir: Path) -> Model:
    model = build_model(load_named(named, profiles_dir, command.from_caller(Path())))
    prove(model)
    return model


def _compare(models: list[Model], paths: list[Path], options: argparse.Namespace) -> None:
    recorded = merge(reader.load_all(paths))
    predictions = [predict(model, recorded) for model in models]
    measured = [
        compare.read_measured(command.from_caller(path), models) for path in options.measured or []
    ]
    if options.json:
        print(json.dumps(compare.as_json(predictions, measured), indent=2))
    else:
        compare.show(screen.make_console(columns=screen.TEXT), predictions, measured)


def _profiles_dir(given: Path | None) -> Path:
    """The folder of profiles.  Under `bazel run` this process goes to the workspace's root, so that
    messages name it from there."""
    folder = command.profiles_dir(given)
    if given or "BUILD_WORKSPACE_DIRECTORY" not in os.environ:
        return folder
    os.chdir(folder.parent)
    return Path(folder.name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="explain",
        description="Prints the size classes of a profile and the memory that it costs.\nWith "
        "--recording, predicts both for the recorded program.",
        epilog="""\
example: bazel run //gen:explain -- tiny-heavy
         bazel run //gen:explain -- drafts/mine.yaml
         bazel run //gen:explain -- app --against default --recording app.rec
         bazel run //gen:explain -- app --recording app.rec --measured stats.json""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "name", metavar="NAME", nargs="?",
        help="a profile, or the path of a YAML file; without NAME, lists all profiles",
    )
    parser.add_argument("--json", action="store_true", help="prints JSON")
    parser.add_argument(
        "--profiles-dir", type=Path, metavar="DIR",
        help="where the profiles are; default: profiles/ of the workspace",
    )
    parser.add_argument(
        "--recording", type=Path, metavar="FILE", action="append",
        help="a file of bazel run //gen:record; give one for each process of the load",
    )
    parser.add_argument(
        "--against", metavar="NAME",
        help="another profile or YAML file, shown beside the first; needs --recording",
    )
    parser.add_argument(
        "--measured", type=Path, metavar="FILE", action="append",
        help="statistics that the program wrote with one of the profiles (docs/statistics.md), shown "
        "beside the prediction; needs --recording",
    )
    return parser


if __name__ == "__main__":
    command.run("explain", main)
