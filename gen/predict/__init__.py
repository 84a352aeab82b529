"""What a profile comes to for a recorded program, without running it.

    runs.py       runs of calls of a size                      Recordings -> Runs
    demand.py     blocks by size, and a guess at other inputs  Recording -> Demand
    rounding.py   what blocks take                             Model, Demand -> Rounding
    caches.py     what a thread's cache holds, estimated       bins -> Bin
    loads.py      a recording by size class                    Model, Recording -> ClassLoads
    predict.py    what a profile comes to                      Model, Recording -> Prediction

Each module imports only those above it.
"""
