"""From recordings to a profile.

    habits.py     what kind of program it is                   Recordings -> Habits
    partition.py  the size classes of least cost, exactly      costs -> sizes
    table.py      the classes of least cost for a demand       Demand -> Table
    choose.py     every other key, with its reason             Recording -> choices
    reasons.py    why the classes are as they are              Table -> words
    fitting.py    all keys, and whether they hold              Recordings -> choices
    write.py      the profile's file                           choices -> YAML
    compare.py    two profiles, and what was measured          Predictions -> tables
    report.py     what came of a fit                           Fitted -> tables
    command.py    the command                                  recordings -> a profile, tables

Each module imports only those above it.
"""
