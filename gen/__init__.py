"""The generator: a profile becomes C sources.

    profiles.py   load, merge with the base, validate          YAML -> Profile
    classes.py    choose classes, slabs, caches, transfers     Profile -> Model
    check.py      prove the finished tables                    Model -> nothing, or TableError
    render.py     Jinja2                                       Model -> C sources
    generate.py   the command that strings them together

What a program was recorded to ask of malloc becomes a profile, and what one comes to for it:

    recording.py  read what was recorded                       file -> Recording
    demand.py     blocks by size, and a guess at others        Recording -> Demand
    partition.py  the size classes of least cost, exactly      costs -> sizes
    predict.py    what a profile comes to                      Model, Recording -> Prediction
    choose.py     every other key, with its reason             Recording -> choices
    fitting.py    all of it, and whether it holds              Recordings -> choices
    write.py      the profile's file                           choices -> YAML
    compare.py    two profiles, and what was measured          Predictions -> tables
    explain.py    a profile, for a person                      Model -> tables on the terminal
    fit.py        the command that fits                        recordings -> a profile, tables

Each module imports only those above it and model.py.
"""
