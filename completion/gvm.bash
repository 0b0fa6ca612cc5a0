# bash completion of gvm: source this file, or install it as completions/gvm.
# Commands and options come from the program's own help, so they cannot differ from it.
_gvm() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" help 2>/dev/null |
            awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }')" -- "$word")
    elif [ "$previous" = --rule ]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" allocate --list-rules 2>/dev/null |
            awk 'NR > 1 { print $1 }')" -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" help "${COMP_WORDS[1]}" 2>/dev/null |
            awk '$1 ~ /^--/ { print $1 }')" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _gvm gvm
