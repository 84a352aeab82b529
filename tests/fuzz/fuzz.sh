#!/bin/bash
# fuzz.sh PROGRAM OPERATIONS: first the inputs of the corpus, then new ones until so many operations
# were run.  Each round has a seed of its own, the same in each run of the test.
set -u
program=$PWD/$1
wanted=$2
corpus=$PWD/tests/fuzz/corpus
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/found"

# fuzz OPTIONS...: the fuzzer's end, and its operations added to `run`.
run=0
fuzz() {
    if ! "$program" -artifact_prefix="$work/" -rss_limit_mb=0 -timeout=120 "$@" >"$work/log" 2>&1; then
        grep -vE '^#|NEW|REDUCE|pulse' "$work/log" | tail -60
        for input in "$work"/crash-* "$work"/timeout-*; do
            [ -e "$input" ] && echo "the input, in base64:" && base64 "$input"
        done
        exit 1
    fi
    local operations
    operations=$(sed -n 's/^operations: //p' "$work/log")
    run=$((run + operations))
}

fuzz -runs=0 "$corpus"
from_corpus=$run
seed=1
while [ "$run" -lt "$wanted" ]; do
    fuzz -seed=$seed -runs=2000 -max_len=4096 -len_control=0 -use_value_profile=0 \
        "$work/found" "$corpus"
    seed=$((seed + 1))
done
echo "$run operations, $from_corpus of them the corpus', in $((seed - 1)) rounds: no fault"
