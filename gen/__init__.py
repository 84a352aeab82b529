"""The generator: a profile becomes C sources.

    profiles.py   load, merge with the base, validate          YAML -> Profile
    classes.py    choose classes, slabs, caches, transfers     Profile -> Model
    check.py      prove the finished tables                    Model -> nothing, or TableError
    render.py     Jinja2                                       Model -> C sources
    generate.py   the command that strings them together

Each module imports only those above it and model.py.  The rooms, each of which uses only those
above it:

    record/       what a program asks of malloc                program -> Recording
    fit/          a profile for it, and what it comes to       Recordings -> profile
    explain/      a profile, for a person                      Model -> tables on the terminal
    doctor/       which profile suits a program                program -> advice
"""
