"""A profile, for a person.

    aligned.py     what the classes do to aligned blocks       Model -> AlignedCosts
    doubts.py      requests that take many times their bytes   Model -> lines
    header_tax.py  what the header byte costs                  Model -> HeaderTax
    costs.py       what the profile gives and costs            Model -> Explanation
    facts.py       the same in sentences                       Explanation -> words
    show.py        the same on the terminal                    Explanation -> tables
    profiles.py    the list of all profiles
    command.py     the command

Each module imports only those above it.
"""
