#!/bin/bash
# flat_rss.sh PROFILE LIBRARY [SECONDS]: churn and prodcons run for at least SECONDS, 60 unless
# told, with flat RSS, and end well.
# The programs bench_churn_<variant> and bench_prodcons_<variant> lie in the working directory.
#
# VmRSS is read sixty times in SECONDS, from the start of a program to its end.  It is flat if
#   - the median of the last ten samples is at most 5 % + 512 KiB above that of samples 10..19
#     (before, threads have not met all their sizes), and
#   - it does not climb all the time: of ten equal groups of the samples from the tenth on, not
#     every one has a median of 16 KiB more than the group before.
# The second finds a leak that is too slow for the first where RSS is quiet.
#
#   ./bazelw test --config=long --test_output=all //:hakmem_flat_rss      with RSS, for people
#   ./bazelw test --config=long --test_arg=12 //:hakmem_flat_rss          a short look, which may
#                                                               take the warming up for growth
set -u
profile=$1
seconds=${3:-60}
variant=hakmem
[ "$profile" = default ] || variant=hakmem-$profile
failed=0
pid=
work=$(mktemp -d)
trap finish EXIT
trap 'exit 1' HUP INT TERM

# Leaves no program and no file behind.
# shellcheck disable=SC2317 # the trap calls it
finish() {
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    fi
    rm -rf "$work"
}

fail() {
    echo "FAIL $*"
    failed=1
}

# median NUMBER...
median() {
    printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

# run MS PROGRAM ARGUMENT...: runs the program to its end, which must come within MS milliseconds.
# Reads VmRSS every `pause` seconds.  Sets samples, KiB, and took, milliseconds; returns the
# program's exit status.
run() {
    local limit=$1 begin=${EPOCHREALTIME/[^0-9]/} rss
    shift
    samples=()
    "$@" >"$work/out" 2>&1 &
    pid=$!
    while took=$(((${EPOCHREALTIME/[^0-9]/} - begin) / 1000)) && kill -0 "$pid" 2>/dev/null; do
        if [ "$took" -gt "$limit" ]; then
            echo "still runs after $took ms" >>"$work/out"
            kill "$pid"
            break
        fi
        rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$pid/status" 2>/dev/null)
        [ -z "$rss" ] || samples+=("$rss")
        sleep "$pause"
    done
    wait "$pid" 2>/dev/null
    local status=$?
    pid=
    return $status
}

# climbs: every group of the samples lies above the one before.
climbs() {
    local n=$((${#samples[@]} - 10)) before='' now i
    for ((i = 0; i < 10; i++)); do
        now=$(median "${samples[@]:10 + n * i / 10:n * (i + 1) / 10 - n * i / 10}")
        [ -z "$before" ] || [ "$now" -ge $((before + 16)) ] || return 1
        before=$now
    done
}

# flat PROGRAM ARGUMENTS: ARGUMENTS hold the word COUNT where the program's length goes.
flat() {
    local program=./$1_$variant count=1000 pause=0.05 args attempt status
    # Longer and longer until it is long enough: the machine may be faster than it just was.
    for ((attempt = 0; attempt < 12; attempt++)); do
        args=${2/COUNT/$count}
        # shellcheck disable=SC2086 # the arguments are words
        run $((seconds * 4000)) "$program" $args
        status=$?
        if [ $status -ne 0 ] || ! grep -q '^RESULT ' "$work/out"; then
            fail "$1 $args: status $status after $took ms: $(cat "$work/out")"
            return
        fi
        [ "$took" -lt $((seconds * 1000)) ] || break
        # A short run says little about a long one.
        if [ "$took" -lt 1000 ]; then
            count=$((count * 8))
        else
            count=$((count * seconds * 1100 / took))
            pause=$interval
        fi
    done
    local n=${#samples[@]}
    if [ "$took" -lt $((seconds * 1000)) ] || [ "$n" -lt 40 ]; then
        fail "$1 $args: ends after $took ms with $n samples"
        return
    fi
    local start middle end
    start=$(median "${samples[@]:10:10}")
    middle=$(median "${samples[@]:n / 2 - 5:10}")
    end=$(median "${samples[@]:n - 10}")
    echo "$1 $args: RSS $start, $middle, $end KiB at the start, middle, end of $((took / 1000)) s"
    if [ $((end * 100)) -gt $((start * 105 + 51200)) ]; then
        fail "$1: RSS grows from $start to $end KiB"
    elif climbs; then
        fail "$1: RSS climbs all the time: ${samples[*]}"
    fi
}

interval=$(printf '%d.%03d' $((seconds / 60)) $((seconds % 60 * 1000 / 60)))
flat bench_churn "4 COUNT 2000 42"
flat bench_prodcons "4 COUNT 1024 42"
exit $failed
