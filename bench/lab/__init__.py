"""The laboratory: runs benchmark programs over variants, and says what the numbers show.

Ctrl-C ends a command at once until options.guarded takes it over: what is imported first takes half
a second, and has nothing to keep.
"""

import signal

if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
