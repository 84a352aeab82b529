# completion.bash: hakmem's commands and their arguments, completed by bash.
#
#   source bazel/completion.bash
#   bazel run //bench:a<Tab> -- hakmem-l<Tab> --pro<Tab>
#
# Completes for bazel and bazelw, in the checkout that it was sourced from: commands behind `run`,
# profiles behind --//:profile=, and behind `--` what the command takes.  Options are those of
# the command's own --help; profiles, variants and programs come from the files that define them.
# Anything else is left to the completion that bazel had before.

_hakmem_root=$(unset CDPATH && cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
_hakmem_before=$(complete -p bazel 2>/dev/null | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
[ "$_hakmem_before" != _hakmem_complete ] || _hakmem_before=

# Names of the commands of //bench: or //gen:, from its BUILD file.
_hakmem_commands_in() {
    awk -F '"' '/^(command|sweep|alias)\(/ { command = 1 }
        command && /^ *name = / { print $2; command = 0 }' "$_hakmem_root/$1/BUILD.bazel"
}

_hakmem_commands() {
    local room name
    for room in bench gen; do
        for name in $(_hakmem_commands_in "$room"); do echo "//$room:$name"; done
    done
    echo //:install
    echo //:doctor
}

_hakmem_profiles() {
    local file
    for file in "$_hakmem_root"/profiles/*.yaml; do
        file=${file##*/}
        echo "${file%.yaml}"
    done
}

_hakmem_variants() {
    local name
    for name in $(_hakmem_profiles); do
        [ "$name" = default ] && echo hakmem || echo "hakmem-$name"
    done
    echo system
    awk '$1 == "peer" { print $2 }' "$_hakmem_root/bazel/packages.txt"
}

# With and without bench_, as the commands take them.
_hakmem_programs() {
    sed -n 's/^ *"\(bench_\)\{0,1\}\([a-z_]*\)".*/\1\2 \2/p' "$_hakmem_root/bench/programs/programs.bzl"
}

# The options that a command's help names.
_hakmem_options() {
    local script arguments=()
    case $1 in
    //:install) script=bazel/install/install.py ;;
    //:doctor) script=gen/doctor/command.py ;;
    //gen:*) script=gen/${1##*:}/command.py ;;
    //*:*) script=${1#//} script=${script/://}.py ;;
    esac
    _hakmem_commands | grep -qxF -e "$1" || return
    [ -e "$_hakmem_root/$script" ] || script=bench/study.py arguments=(--study "${1##*:}") # a sweep
    PYTHONPATH=$_hakmem_root PYTHONDONTWRITEBYTECODE=1 \
        /usr/bin/python3 "$_hakmem_root/$script" "${arguments[@]}" --help 2>/dev/null |
        sed -n 's/^ *\(-[a-z], \)\{0,1\}\(--[a-z][a-z-]*\).*/\2/p' | sort -u
}

# Sets COMPREPLY to those of the words that begin with $1.
_hakmem_reply() {
    local start=$1 word
    COMPREPLY=()
    for word in $2; do
        case $word in "$start"*) COMPREPLY+=("$word") ;; esac
    done
}

# What may stand behind `--` of a command, for the word $3 that follows the word $2.
_hakmem_argument() {
    local command=$1 before=$2 word=$3 words='' list=
    case $word in --*=*) before=${word%%=*} list=$before= word=${word#*=} ;; esac
    case $before in
    --bench) words=$(_hakmem_programs) ;;
    --variants) words=$(_hakmem_variants) ;;
    --profile | --base | --against) words=$(_hakmem_profiles) ;;
    esac
    if [ -n "$words" ]; then
        case $word in *,*) list=$list${word%,*}, ;; esac
        _hakmem_reply "${word##*,}" "$words"
        COMPREPLY=("${COMPREPLY[@]/#/$list}")
        return
    fi
    case $word in
    -*) _hakmem_reply "$word" "$(_hakmem_options "$command")" ;;
    *)
        case $command in
        //gen:explain) words=$(_hakmem_profiles) ;;
        //bench:ab | //bench:count | //bench:replay | //bench:noise) words=$(_hakmem_variants) ;;
        //bench:perf) words=$(_hakmem_programs; _hakmem_variants) ;;
        esac
        _hakmem_reply "$word" "$words"
        [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
        ;;
    esac
}

_hakmem_complete() {
    local IFS=$' \t\n' # as those who complete may have another one
    local line=${COMP_LINE:0:COMP_POINT} words=() word='' before='' command='' behind=false run=false one
    read -ra words <<<"$line"
    case $line in *[![:space:]]) word=${words[-1]} words=("${words[@]:0:${#words[@]}-1}") ;; esac
    for one in "${words[@]:1}"; do
        before=$one
        if [ "$one" = -- ]; then
            behind=true
        elif ! $behind; then
            case $one in run) run=true ;; //*:*) command=$one ;; esac
        fi
    done
    COMPREPLY=()
    if $behind && [ -n "$command" ]; then
        _hakmem_argument "$command" "$before" "$word"
    else
        case $word in
        --//:profile=* | --//bench:variants=*)
            case $word in *profile*) command=--profile ;; *) command=--variants ;; esac
            _hakmem_argument '' "$command" "${word#*=}"
            COMPREPLY=("${COMPREPLY[@]/#/${word%%=*}=}")
            ;;
        *) ! $run || [ -n "$command" ] || _hakmem_reply "$word" "$(_hakmem_commands)" ;;
        esac
    fi
    if [ ${#COMPREPLY[@]} -eq 0 ] && ! $behind && [ -n "$_hakmem_before" ]; then
        "$_hakmem_before" "$@"
        return
    fi
    # bash replaces what follows the last of these only.
    case $COMP_WORDBREAKS in *:*) case $word in *:*) COMPREPLY=("${COMPREPLY[@]#"${word%:*}:"}") ;; esac ;; esac
    case $COMP_WORDBREAKS in *=*) case $word in *=*) COMPREPLY=("${COMPREPLY[@]#*=}") ;; esac ;; esac
}

complete -o default -F _hakmem_complete bazel bazelw ./bazelw
