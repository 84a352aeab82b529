#!/bin/bash
# larson.sh PROFILE LIBRARY: larson with 1, 4 and 8 threads ends well and reports operations.
# The program larson_<variant> lies in the working directory.
set -u
profile=$1
variant=hakmem
[ "$profile" = default ] || variant=hakmem-$profile
failed=0

for threads in 1 4 8; do
    output=$(timeout 60 "./larson_$variant" 0.5 8 128 1024 1 12345 "$threads" 2>&1)
    status=$?
    if [ $status -ne 0 ]; then
        echo "FAIL larson_$variant with $threads threads: exit status $status"
        echo "$output"
        failed=1
    elif ! grep -q '[1-9]' <<<"$output"; then
        echo "FAIL larson_$variant with $threads threads: no result: $output"
        failed=1
    fi
done
exit $failed
