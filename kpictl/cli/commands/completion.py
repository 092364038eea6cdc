"""`kpictl completion`."""

from __future__ import annotations

import click

from kpictl.cli.listing import COMMANDS, GLOBAL_OPTIONS
from kpictl.cli.options import command as make
from kpictl.cli.session import Session


@make("completion", [click.Argument(["shell"], type=click.Choice(["bash", "zsh", "fish"]))])
def command(session: Session, shell: str) -> int:
    """Prints a completion script: commands, options, and the project's KPIs where a selector is wanted.

    bash: eval "$(kpictl completion bash)" in ~/.bashrc; zsh: the same in ~/.zshrc after compinit; fish: kpictl
    completion fish > ~/.config/fish/completions/kpictl.fish
    """
    session.terminal.result({"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]())
    return 0


def _commands() -> str:
    return " ".join(entry.name for entry in COMMANDS)


def _flags() -> str:
    return " ".join(word for flags, _ in GLOBAL_OPTIONS for word in flags.split() if word.startswith("--")).replace(
        ",", ""
    )


def _bash() -> str:
    return f"""\
_kpictl() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} command= each
    for each in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $each in -*) ;; *) command=$each; break ;; esac
    done
    if [[ $word == -* ]]; then
        each=$([[ -n $command ]] && kpictl "$command" --help 2>/dev/null | grep -oE -- '--[a-z-]+')
        COMPREPLY=($(compgen -W "{_flags()} $each" -- "$word"))
    elif [[ -z $command ]]; then
        COMPREPLY=($(compgen -W "{_commands()}" -- "$word"))
    else
        COMPREPLY=($(compgen -W "$(kpictl ls --quiet 2>/dev/null)" -- "$word"))
    fi
}}
complete -o default -F _kpictl kpictl"""


def _zsh() -> str:
    described = " ".join(f"'{entry.name}:{entry.summary}'" for entry in COMMANDS)
    return f"""\
#compdef kpictl
_kpictl() {{
    local -a commands names
    commands=({described})
    if (( CURRENT == 2 )); then
        _describe command commands
    elif [[ $PREFIX == -* ]]; then
        compadd -- {_flags()} ${{(f)"$(kpictl $words[2] --help 2>/dev/null | grep -oE -- '--[a-z-]+')"}}
    else
        names=(${{(f)"$(kpictl ls --quiet 2>/dev/null)"}})
        compadd -- $names
    fi
}}
compdef _kpictl kpictl"""


def _fish() -> str:
    lines = ["complete -c kpictl -f"]
    lines += [f"complete -c kpictl -n __fish_use_subcommand -a {entry.name} -d '{entry.summary}'" for entry in COMMANDS]
    lines.append("complete -c kpictl -n 'not __fish_use_subcommand' -a '(kpictl ls --quiet 2>/dev/null)'")
    lines += [f"complete -c kpictl -l {word.removeprefix('--')}" for word in _flags().split()]
    return "\n".join(lines)
