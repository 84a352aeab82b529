"""From recordings to a profile.

    demand.py     blocks by size, and a guess at others        Recording -> Demand
    partition.py  the size classes of least cost, exactly      costs -> sizes
    served.py     which class serves a block                   Model -> blocks
    predict.py    what a profile comes to                      Model, Recording -> Prediction
    choose.py     every other key, with its reason             Recording -> choices
    fitting.py    all of it, and whether it holds              Recordings -> choices
    write.py      the profile's file                           choices -> YAML
    compare.py    two profiles, and what was measured          Predictions -> tables
    command.py    the command                                  recordings -> a profile, tables

Each module imports only those above it.
"""
