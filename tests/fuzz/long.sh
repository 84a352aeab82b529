#!/bin/bash
# long.sh RANDOM [CALLS]: as many random calls, 10^8 unless told.
set -eu
exec "$1" "${2:-100000000}"
