"""What stands between a program and a preloaded hakmem, and which profile suits the program.

    findings.py   what is told of a program
    elf.py        what an ELF file says of itself              file -> Elf
    program.py    from the word that a user types              word -> Program
    libraries.py  where the loader finds libraries             Elf -> Needed
    checks.py     what would go wrong, or have no effect       Program -> Findings
    advice.py     which profile suits the program              Habits -> Advice
    run.py        one run with the recorder                    program -> Seen
    command.py    the command

Each module imports only those above it.
"""
