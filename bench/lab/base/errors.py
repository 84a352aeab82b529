"""Why a command does not do what it was asked for."""


class UsageError(Exception):
    """Wrong use of a command; the message says what there is instead.  Exit status 2."""


class ToolError(Exception):
    """A tool is missing or cannot work here; the message says what would help.  Exit status 1."""
