"""The list of all profiles."""

import json
import sys
from pathlib import Path

from gen import screen
from gen.profiles import ProfileError, known_profiles, load_profile, name_taken


def show_profiles(profiles_dir: Path, as_json: bool) -> None:
    """Prints all profiles with their summaries.  Then raises ProfileError if any are wrong."""
    summaries, problems = {}, []
    names = known_profiles(profiles_dir)
    for name in names:
        path = profiles_dir / f"{name}.yaml"
        why = name_taken(name, names)
        try:
            if why:
                raise ProfileError(f"{path}: {why}")
            summaries[name] = load_profile(path, profiles_dir).summary
        except ProfileError as error:
            problems += error.problems
    if as_json:
        print(json.dumps(summaries, indent=2))
    else:
        screen.pairs(screen.make_console(), summaries.items())
    if problems:
        sys.stdout.flush()
        raise ProfileError(*problems)
