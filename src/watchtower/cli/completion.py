"""`watchtower completion` prints what makes a shell complete commands and options."""

from __future__ import annotations

import click

from watchtower.cli.arguments import new_command


@new_command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion for SHELL: source <(watchtower completion bash).

    Exit status 0; 2 for bad usage.
    """
    from click.shell_completion import get_completion_class

    from watchtower.cli.commands import group

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(group, {}, "watchtower", "_WATCHTOWER_COMPLETE").source())
