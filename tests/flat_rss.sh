#!/bin/bash
# flat_rss.sh PROFILE LIBRARY [SECONDS]: churn and prodcons run for SECONDS, 60 unless told, with
# flat RSS.
#
# RSS is read once a second.  It is flat if the median of the last sixth of the samples is at most
# 5 % and 512 KiB above that of the second sixth: by then threads have met all their sizes.  The
# programs bench_churn_<variant> and bench_prodcons_<variant> lie in the working directory.
set -u
profile=$1
seconds=${3:-60}
variant=hakmem
[ "$profile" = default ] || variant=hakmem-$profile
failed=0
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null' EXIT

# median < numbers
median() {
    sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

# seconds_of PROGRAM ARGUMENT...: what it measures for itself
seconds_of() {
    "$@" | sed -n 's/^RESULT .* seconds=\([0-9.]*\) .*/\1/p'
}

# flat NAME CYCLES ARGUMENTS: the program NAME, whose ARGUMENTS hold the word CYCLES where its number
# of cycles goes; so many take about a second
flat() {
    local name=$1 probe=$2 args=$3 program=./$1_$variant
    local took cycles
    took=$(seconds_of "$program" ${args/CYCLES/$probe})
    cycles=$(awk -v n="$probe" -v took="$took" -v want="$((seconds + 5))" \
        'BEGIN { printf "%.0f", (took > 0 ? n / took * want : 0) }')
    if [ "$cycles" -lt "$probe" ]; then
        echo "FAIL $name: $probe cycles took ${took:-no} seconds"
        failed=1
        return
    fi
    "$program" ${args/CYCLES/$cycles} >/dev/null &
    pid=$!
    local samples=() rss
    for ((i = 0; i < seconds; i++)); do
        sleep 1
        rss=$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status" 2>/dev/null)
        [ -n "$rss" ] || break
        samples+=("$rss")
    done
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    pid=
    local n=${#samples[@]} part=$((seconds / 6))
    if [ "$n" -lt $((seconds * 2 / 3)) ]; then
        echo "FAIL $name: it ended after $n seconds"
        failed=1
        return
    fi
    local early late
    early=$(printf '%s\n' "${samples[@]:part:part}" | median)
    late=$(printf '%s\n' "${samples[@]: -part}" | median)
    echo "$name: RSS ${samples[0]} KiB at first, $early early, $late after $n seconds"
    if [ $((late * 100)) -gt $((early * 105 + 51200)) ]; then
        echo "FAIL $name: RSS grows from $early to $late KiB"
        failed=1
    fi
}

flat bench_churn 500 "2 CYCLES 2000 42"
flat bench_prodcons 10000000 "4 CYCLES 1024 42"
exit $failed
