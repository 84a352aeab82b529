"""What a program asks of malloc.  recorder/ is the library in C that a program is run with.

    layout.py     the structures of the recorder's files       recorder/layout.h -> numpy types
    recording.py  what one process asked of malloc             the types
    reader.py     reads it                                     file -> Recording
    merge.py      several processes as one load                Recordings -> Recording
    trace.py      every operation of a process, in order       file -> Records
    running.py    runs a program with the recorder             program -> files
    command.py    the command                                  program -> files, a summary

Each module imports only those above it.
"""
