#!/bin/bash
# short.sh LIBFUZZER RANDOM: plays tests/fuzz/corpus/, then some inputs that libFuzzer makes of it,
# then random ones: the same at each run, as far as threads allow.
set -eu
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

# A run counts the inputs of the corpus as well.
"$1" -seed=1 -runs=150 -max_len=256 -len_control=0 -timeout=60 -rss_limit_mb=4096 \
    -artifact_prefix="${TEST_UNDECLARED_OUTPUTS_DIR:-.}/" "$new" tests/fuzz/corpus
"$2" 100000

# What is no number is refused.
status=0
"$2" many 2>/dev/null || status=$?
[ $status -eq 2 ] || { echo "FAIL $2 many: exit status $status and not 2"; exit 1; }
