"""The generator: a profile becomes C sources.

    profiles.py   load, merge with the base, validate          YAML -> Profile
    classes.py    choose classes, slabs, caches, transfers     Profile -> Model
    check.py      prove the finished tables                    Model -> nothing, or TableError
    render.py     Jinja2                                       Model -> C sources
    explain.py    the same choice, for a person                Model -> tables on the terminal
    generate.py   the command that strings them together

Each module imports only those above it and model.py.
"""
