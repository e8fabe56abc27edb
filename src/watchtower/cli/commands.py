"""The commands: each is a file that is imported when it is called."""

from __future__ import annotations

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
    "probe": ("watchtower.cli.probe", "Run one check's probe once and show its samples."),
    "page-test": ("watchtower.cli.page_test", "Send a test page to a responder."),
    "status": (
        "watchtower.cli.status",
        "Show which instance the daemon is, whether it leads, and its open work.",
    ),
    "incidents": ("watchtower.cli.incidents", "List incidents of the running daemon."),
    "brief": ("watchtower.cli.brief", "Show an incident on one screen."),
    "ack": ("watchtower.cli.ack", "Acknowledge an incident."),
    "do": ("watchtower.cli.do", "Note, take a role, tick a step, raise, say, ... on an incident."),
    "resolve": ("watchtower.cli.resolve", "Resolve an incident whose alerts no longer fire."),
    "schedule": ("watchtower.cli.schedule", "Show who is on call, who is next, and the coming days."),
    "drill": ("watchtower.cli.drill", "Run a drill with real pages, and show who answered when."),
    "review": (
        "watchtower.cli.review",
        "Show, export and import the review of an incident; find earlier ones.",
    ),
    "report": ("watchtower.cli.report", "Report a month in figures and pictures."),
    "backtest": ("watchtower.cli.backtest", "Run recorded samples through the rules."),
    "test-rules": (
        "watchtower.cli.test_rules",
        "Test the rules with timelines.",
    ),
    "coverage": (
        "watchtower.cli.coverage",
        "Show which loss would be paged after how long, at every hour of the week.",
    ),
    "simulate": ("watchtower.cli.simulate", "Simulate a fault: who would be paged when?"),
    "explain": (
        "watchtower.cli.explain",
        "Explain when a check would page, or why an incident has its severity.",
    ),
    "learn": ("watchtower.cli.learn", "Teach a check's detector from history, before its first poll."),
    "rules": ("watchtower.cli.rules", "List the tables of rules.toml, and all their defaults."),
    "schema": (
        "watchtower.cli.schema",
        "Print the JSON Schema of rules.toml, checks/*.toml or tests of rules.",
    ),
    "demo": ("watchtower.cli.demo", "Play a real outage on the real engine; nothing leaves the machine."),
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
            from watchtower.config.problems import did_you_mean

            hint = did_you_mean(args[0], COMMANDS)
            ctx.fail(f'no command "{args[0]}"' + (f", {hint}" if hint else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="watchtower")
def group() -> None:
    """Watchtower measures business flows, evaluates them by rules.toml, and pages the right people."""
