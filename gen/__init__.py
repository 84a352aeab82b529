"""The generator: a profile becomes C sources.

    limits.py     numbers shared with src/                     C -> constants
    model.py      a profile, and the tables it comes to
    words.py      amounts as text
    schema.py     what a profile's file may say
    profiles.py   load, merge with the base, validate          YAML -> Profile
    classes.py    choose classes, slabs, caches, transfers     Profile -> Model
    check.py      prove the finished tables                    Model -> nothing, or TableError
    served.py     which class serves a request                 Model, size -> block
    layout.py     a thread's cache, member by member           Model -> bytes
    render.py     Jinja2                                       Model -> C sources
    command.py    how a command ends
    screen.py     the terminal, and tables that fit it
    generate.py   the command that strings them together

Each module imports only those above it.  The rooms, each of which uses these and the rooms above
it:

    record/       what a program asks of malloc                program -> Recording
    predict/      what a profile comes to for it               Model, Recording -> Prediction
    fit/          a profile for it                             Recordings -> profile
    explain/      a profile, for a person                      Model -> tables on the terminal
    doctor/       whether hakmem suits a program, and how      program -> findings, advice
"""
