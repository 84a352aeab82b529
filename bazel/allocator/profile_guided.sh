#!/bin/bash
# profile_guided.sh CC AR OUT LOADS N CFLAG... M CXXFLAG... SOURCE...
# Compiles the sources with counters, runs each line of the file LOADS with the result preloaded,
# compiles them again with what was counted, and puts the objects into the archive OUT.
set -euo pipefail

cc=$1 ar=$2 out=$3 loads=$4
shift 4
cflags=("${@:2:$1}")
shift $(($1 + 1))
cxxflags=("${@:2:$1}")
shift $(($1 + 1))
objects=$PWD/$out.objects
mkdir -p "$objects"

# Counts and objects lie beside each other: the compiler finds the one by the name of the other.
compile() { # FLAG... -- for all sources
    local source flags
    for source in "${sources[@]}"; do
        case $source in
        *.cc) flags=("${cxxflags[@]}") ;;
        *) flags=("${cflags[@]}") ;;
        esac
        "$cc" "${flags[@]}" "$@" -c "$source" -o "$objects/$(basename "$source").o"
    done
}

sources=("$@")
compile -fprofile-generate -fprofile-update=prefer-atomic
"$cc" -shared -fprofile-generate -pthread -o "$objects/counting.so" "$objects"/*.o
while read -r program args; do
    # shellcheck disable=SC2086 # words
    LD_PRELOAD=$objects/counting.so "$program" $args </dev/null >/dev/null
done <"$loads"
counts=$(find "$objects" -name '*.gcda' | wc -l)
[ "$counts" -gt 0 ] || { echo "profile_guided.sh: the training runs left no counts" >&2; exit 1; }
compile -fprofile-use -fprofile-partial-training -Wno-missing-profile
rm -f "$out"
"$ar" rcsD "$out" "$objects"/*.o
