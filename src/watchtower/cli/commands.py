"""The commands: each is a file that is imported when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from watchtower import __version__

COMMANDS: Mapping[str, str] = {
    "run": "Run the daemon.",
    "work": "Make checks for the daemon, from another machine or another place.",
    "check-config": "Check rules.toml and checks/ without starting anything.",
    "reload": "Have the daemon read its configuration again; confirm what it holds.",
    "probe": "Run one check's probe once and show its samples.",
    "page-test": "Send a test page to a responder.",
    "login": "Keep a token for commands, and the daemon's address.",
    "status": "Show which instance the daemon is, whether it leads, and its open work.",
    "checks": "List checks of the running daemon, with the state of each series.",
    "alerts": "List alerts that are pending or firing.",
    "incidents": "List incidents of the running daemon.",
    "brief": "Show an incident on one screen.",
    "declare": "Declare an incident that people saw first.",
    "ack": "Acknowledge an incident.",
    "do": "Note, take a role, tick a step, raise, say, ... on an incident.",
    "change": "Report a deployment or another change, or list what was reported.",
    "silence": "Hold back pages: add, list and end silences.",
    "window": "List maintenance windows; hold back pages while a command runs.",
    "resolve": "Resolve an incident whose alerts no longer fire.",
    "account": "Give people an account and a role, or take it away.",
    "token": "Give programs a token of their own, or take it away.",
    "schedule": "Show who is on call, who is next, and the coming days.",
    "responders": "List each person's channels, and when each was last shown to work.",
    "canary": "Send everybody a test page by each channel, and show what became of it.",
    "drill": "Run a drill with real pages, and show who answered when.",
    "review": "Show, export and import the review of an incident; find earlier ones.",
    "report": "Report a month in figures and pictures.",
    "verify": "Find every change in the log of incidents, offline.",
    "backup": "Copy the store into a file, while the daemon runs.",
    "restore": "Fill an empty store from a backup, or move a store to it.",
    "backtest": "Run recorded samples through the rules.",
    "test-rules": "Test the rules with timelines.",
    "coverage": "Show which loss would be paged after how long, at every hour of the week.",
    "simulate": "Simulate a fault: who would be paged when?",
    "explain": "Explain when a check would page, or why an incident has its severity.",
    "history": "Show or export what a check measured over a span.",
    "learn": "Teach a check's detector from history, before its first poll.",
    "rules": "List the tables of rules.toml, and all their defaults.",
    "schema": "Print the JSON Schema of rules.toml, checks/*.toml or tests of rules.",
    "completion": "Print the completion of commands for bash, zsh or fish.",
    "demo": "Play a real outage on the real engine; nothing leaves the machine.",
}
"""Every command with its line in the help; the module of this name in `cli` defines it as `command`."""


class Commands(click.Group):
    """Loads a command's module when it is called, and suggests a similar name for an unknown one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(
            f"watchtower.cli.{cmd_name.replace('-', '_')}"
        ).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from watchtower.config.problems import did_you_mean

            hint = did_you_mean(args[0], COMMANDS)
            ctx.fail(f'no command "{args[0]}"' + (f", {hint}" if hint else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="watchtower")
def group() -> None:
    """Watchtower measures business flows, evaluates them by rules.toml, and pages the right people."""
