#!/bin/bash
# larson.sh PROFILE LIBRARY: larson with 1, 4 and 8 threads ends well and reports what was asked of it and
# operations of every thread.  The program larson_<variant> lies in the working directory.
set -u
profile=$1
variant=hakmem
[ "$profile" = default ] || variant=hakmem-$profile
chunks=1024
failed=0

for threads in 1 4 8; do
    params=(0.5 8 128 "$chunks" 1 12345 "$threads")
    output=$(timeout 60 "./larson_$variant" "${params[@]}" 2>&1)
    status=$?
    ops=$(sed -n "s/^RESULT bench=larson params=\"${params[*]}\" ops=\([0-9]*\) .*/\1/p" <<<"$output")
    if [ $status -ne 0 ]; then
        echo "FAIL larson_$variant with $threads threads: exit status $status"
        echo "$output"
        failed=1
    elif [ "${ops:-0}" -lt $((2 * chunks * threads)) ]; then
        echo "FAIL larson_$variant with $threads threads: less than one round of each: $output"
        failed=1
    fi
done
exit $failed
