"""What every room of the laboratory uses.

    errors.py     why a command does not do what it was asked for
    paths.py      where things lie: built files, the workspace, the caller's folder
    machine.py    what run.json says about the machine, the tools and the profiles
    processes.py  a command and the processes that it starts, which end together
    progress.py   what a command says of its work while it goes on
    ending.py     how a command ends: its exit status, and the line that says why
    document.py   the part of a page of docs/ that a command writes
    tools.py      tools that run a program and look at it
    valgrind.py   the tool that counts instructions
"""
