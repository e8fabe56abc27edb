"""[compliance]: the packs in force, and what they need to know of the product."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from watchtower.config.pack_files import read_pack
from watchtower.config.problems import Entry
from watchtower.config.sources import read_file
from watchtower.core.plan.packs import Compliance, Pack
from watchtower.values import Mutable, field

FOLDER = Path(__file__).parent / "packs"
SHIPPED: tuple[str, ...] = ("cac", "csrc", "dora", "internal", "mas", "pboc", "pboc-cyber", "rbi", "uk", "us")
"""These packs come with watchtower."""


class ComplianceDraft(Mutable):
    """It holds the table as far as it could be read, and the packs that it names."""

    entry: Entry
    table: Compliance | None
    packs: list[Pack] = field(default_factory=list)

    def compliance(self) -> Compliance:
        table = self.table or Compliance()
        return table.model_copy(update={"in_force": tuple(self.packs)})


def read_packs(draft: ComplianceDraft, watch: list[Path]) -> None:
    """Reads the packs that the table names, built-in and own ones; the latter are watched for changes."""
    table, entry = draft.table, draft.entry
    if table is None:
        return
    for index, name in enumerate(table.packs):
        if entry.look_up(("packs", index), "pack", name, SHIPPED, "packs that come along"):
            _add(draft, FOLDER / f"{name}.toml", ("packs", index))
    for index, given in enumerate(table.pack_files):
        path = Path(entry.file).parent / given
        watch.append(path)
        _add(draft, path, ("pack_files", index))


def _add(draft: ComplianceDraft, path: Path, place: tuple[str | int, ...]) -> None:
    source = read_file(path, draft.entry.report)
    if source is None:
        return
    report = draft.entry.report
    name = source.data.get("id")
    label = f"pack {name}" if isinstance(name, str) else "pack"
    pack = read_pack(Entry(source.name, source.lines, (), label, source.data, report))
    if pack is not None and any(one.id == pack.id for one in draft.packs):
        draft.entry.wrong(place, f'there is another pack "{pack.id}"', "give one of them another id")
    elif pack is not None:
        draft.packs.append(pack)


def check_compliance(
    draft: ComplianceDraft, flows: Collection[str], roles: Collection[str], complete: bool
) -> None:
    """Reports names that are not there, and warns of what the packs could not do."""
    table, entry = draft.table, draft.entry
    if table is None:
        return
    for index, flow in enumerate(table.critical_flows):
        if complete:
            entry.look_up(("critical_flows", index), "flow", flow, flows)
    for index, name in enumerate(table.reviewed):
        if name not in {pack.id for pack in draft.packs} and complete:
            entry.wrong(("reviewed", index), f'the pack "{name}" is not in force', "take it out")
    for pack in draft.packs:
        if pack.superseded and pack.id not in table.reviewed:
            what = f"the pack {pack.id} ({pack.version}) holds a text that is superseded: {pack.superseded}"
            hint = f'write a pack of your own by the text in force; or reviewed = ["{pack.id}"], if legal wants it all the same'
            entry.wrong(("packs",), what, hint)
        today = datetime.now(UTC).date()
        for duty in pack.duty:
            if not duty.in_force(datetime.now(UTC).timestamp()):
                begins = duty.valid_from is not None and duty.valid_from > today
                when = f"from {duty.valid_from} on" if begins else f"until {duty.valid_until}"
                entry.doubtful(
                    "pack-not-in-force",
                    ("packs",),
                    f"{duty.id} is valid only {when}: nothing is evaluated by it",
                    "",
                )
        if not pack.reviewed_by_legal and pack.id not in table.reviewed:
            what = f"the pack {pack.id} ({pack.version}) was not read by your legal department, as far as we know"
            hint = f'have its figures read; then write reviewed = ["{pack.id}"]'
            entry.doubtful("unreviewed-pack", ("packs",), what, hint)
        if table.licences and pack.applies_to and not set(table.licences) & set(pack.applies_to):
            what = f"the pack {pack.id} is for {', '.join(pack.applies_to)}"
            entry.doubtful("pack-not-for-us", ("licences",), what, "take it out, or name the licence")
        _rates(table, entry, pack)
        for role in dict.fromkeys(duty.owner_role for duty in pack.duty):
            if role not in roles:
                what = f'nobody has the role "{role}", which sees to the duties of {pack.id}'
                entry.doubtful("unfilled-role", ("packs",), what, "whoever is on call will be notified")


def _rates(table: Compliance, entry: Entry, pack: Pack) -> None:
    asked: Iterable[str] = {
        test.currency
        for duty in pack.duty
        for test in (*duty.tests, *duty.gate, *(one for grade in duty.grades for one in grade.tests))
        if test.currency
    }
    known = {table.currency, *table.rates}
    for currency in sorted(set(asked) - known):
        what = f"the pack {pack.id} counts in {currency}, and nobody says what that is worth"
        hint = f'write currency = "CNY" and rates = {{ {currency} = "7.85" }}, or that threshold is never met'
        entry.doubtful("no-exchange-rate", ("packs",), what, hint)
