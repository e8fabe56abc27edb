"""Shows a backtest: what would have fired, whom it would have paged, and the sums."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from watchtower.model import Instant, Language
from watchtower.replay.backtest import Coverage
from watchtower.replay.summary import IncidentSummary, Summary
from watchtower.texts.reasons import said_of
from watchtower.texts.units import duration_words

STYLES = {"P0": "bold white on red", "P1": "bold red", "P2": "yellow", "P3": "cyan", "P4": "dim"}


def show(summary: Summary, seen: Coverage, console: Console, seconds: float | None = None) -> None:
    """The table of incidents, then the summary. `seconds`: how long the backtest itself ran."""
    if summary.incidents:
        console.print(_incidents(summary, seen.end))
        for incident in summary.incidents.values():
            if incident.explanation:
                console.print(f"{incident.id} {incident.explanation}", soft_wrap=True)
    else:
        console.print("Nothing would have fired.")
    for line in _sums(summary, seen, seconds):
        console.print(line, soft_wrap=True)


def _incidents(summary: Summary, end: Instant) -> Table:
    table = Table(title="Incidents that these rules would have opened", title_justify="left", pad_edge=False)
    table.add_column("")
    table.add_column("Opened (UTC)", no_wrap=True)
    table.add_column("For", no_wrap=True)
    table.add_column("What", ratio=3, overflow="fold")
    table.add_column("Woken", ratio=2, overflow="fold")
    for line in summary.incidents.values():
        table.add_row(
            Text(line.severity, STYLES[line.severity]), moment(line.opened_at), _lasted(line, end), _what(line), _woken(line)
        )  # fmt: skip
    return table


def moment(at: Instant) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"


def _lasted(line: IncidentSummary, end: Instant) -> str:
    if line.resolved_at is None:
        return f"{duration_words(end - line.opened_at, Language.EN)} (open)"
    return duration_words(line.resolved_at - line.opened_at, Language.EN)


def _what(line: IncidentSummary) -> str:
    return f"{line.id} {line.title}: {line.because} ({', '.join(line.rules)})"


def _woken(line: IncidentSummary) -> str:
    if not line.pages:
        reasons = ", ".join(said_of(reason).en for reason in line.not_paged)
        return f"nobody: {reasons}" if reasons else "nobody"
    pages = [f"{who}{f' ×{n}' if n > 1 else ''}" for who, n in line.pages.items()]
    return ", ".join(pages) + (f"; ack {line.acknowledged_by}" if line.acknowledged_by else "")


def _sums(summary: Summary, seen: Coverage, seconds: float | None) -> list[str]:
    rate = f", {seen.rows / seconds:,.0f} polls/s" if seconds else ""
    lines = [f"{moment(seen.start)} to {moment(seen.end)} UTC: {seen.rows:,} polls{rate}"]
    fired = ", ".join(f"{rule} {n}" for rule, n in summary.alerts.items())
    lines.append(f"Alerts fired: {sum(summary.alerts.values())}" + (f" ({fired})" if fired else ""))
    still = sum(1 for line in summary.incidents.values() if line.resolved_at is None)
    lines.append(
        f"Incidents: {len(summary.incidents)}" + (f", {still} still open at the end" if still else "")
    )
    who = ", ".join(f"{name} by {channel} {n}" for (name, channel), n in sorted(summary.pages.items()))
    lines.append(f"Pages: {sum(summary.pages.values())}" + (f" ({who})" if who else ""))
    for name, seconds in seen.no_data.items():
        lines.append(
            f"No data: {name} for {duration_words(seconds, Language.EN)}: absent is no data, never zero"
        )
    return lines
