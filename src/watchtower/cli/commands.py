"""The commands: each is a file that is imported when it is called."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping

import click

from watchtower import __version__

COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": ("watchtower.cli.run", "Run the daemon."),
    "check-config": (
        "watchtower.cli.check_config",
        "Check rules.toml and checks/ without starting anything.",
    ),
    "reload": (
        "watchtower.cli.reload",
        "Have the daemon read its configuration again; confirm what it holds.",
    ),
    "probe": ("watchtower.cli.probe", "Run one check's probe once and show what it says."),
    "page-test": ("watchtower.cli.page_test", "Send a test page to a responder."),
    "status": ("watchtower.cli.status", "Which instance the running daemon is, and how it stands."),
    "incidents": ("watchtower.cli.incidents", "List incidents of the running daemon."),
    "brief": ("watchtower.cli.brief", "The situation of an incident on one screen."),
    "ack": ("watchtower.cli.ack", "Acknowledge an incident."),
    "do": ("watchtower.cli.do", "Note, take a role, tick a step, raise, say, ... on an incident."),
    "resolve": ("watchtower.cli.resolve", "Resolve an incident whose alerts no longer fire."),
    "schedule": ("watchtower.cli.schedule", "Who is on call now, who is next, and the coming days."),
    "drill": ("watchtower.cli.drill", "Practise: real pages, marked as a drill; who answered when."),
    "review": (
        "watchtower.cli.review",
        "Review an incident: numbers filled in, a template to write into, lessons.",
    ),
    "report": ("watchtower.cli.report", "How well a month went, in figures and pictures."),
    "backtest": ("watchtower.cli.backtest", "What would these rules have done on recorded samples?"),
    "test-rules": (
        "watchtower.cli.test_rules",
        "Play timelines against the rules: do they fire when they should?",
    ),
    "simulate": ("watchtower.cli.simulate", "Who would be paged when, if this failed?"),
    "explain": (
        "watchtower.cli.explain",
        "When would a check page, and why does an incident have its severity?",
    ),
    "rules": ("watchtower.cli.rules", "The tables of rules.toml, and all their defaults."),
    "schema": (
        "watchtower.cli.schema",
        "Print the JSON Schema of rules.toml, checks/*.toml or tests of rules.",
    ),
    "demo": ("watchtower.cli.demo", "Watch a real outage on the real engine; nothing leaves the machine."),
}
"""Every command: its module, which defines `command`, and its line in the help."""


class Commands(click.Group):
    """Loads a command's module when it is called, and suggests a similar name for an unknown one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f'no command "{args[0]}"' + (f', did you mean "{close[0]}"?' if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="watchtower")
def group() -> None:
    """Watchtower measures business flows, evaluates them by rules.toml, and pages the right people."""
