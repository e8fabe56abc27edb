"""A store in which missing data were called "blind" opens, and its incident and its alert go on."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

from tests.store.samples import alert, incident
from tests.store.test_instance import BEFORE
from watchtower.core.events import AlertChanged
from watchtower.core.incident.kinds import IncidentKind
from watchtower.model import AlertState
from watchtower.store import open_store
from watchtower.store.rows import encode_alert, encode_incident

OLD = "watchtower-blind"


async def test_what_was_called_blind_goes_on_as_no_data(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    path.write_bytes(gzip.decompress(BEFORE.read_bytes()))
    firing = alert(of="INC-9")
    data = encode_alert(firing).replace(f'"rule":"{firing.rule}"', f'"rule":"{OLD}"')
    whole = encode_incident(incident(9)).replace('"key":"flow:checkout"', '"key":"blind"')
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO alerts VALUES ('f1', ?, ?, ?, 'firing', 'INC-9', 1.0, ?)",
            (OLD, firing.check, firing.series, data),
        )
        connection.execute(
            "INSERT INTO incidents VALUES ('INC-9', 9, 'blind', 'triggered', 'P1', 'P0', 1.0, NULL, 0, ?)", (whole,)
        )  # fmt: skip
    connection.close()
    store = open_store(f"sqlite:///{path}")
    await store.open()
    snapshot = await store.load()
    assert [i.kind for i in snapshot.incidents if i.id == "INC-9"] == [IncidentKind.NO_DATA]
    [there] = [a for a in snapshot.alerts if a.incident == "INC-9"]
    assert (there.rule, there.check) == ("watchtower-no-data", firing.check)
    ended = alert(AlertState.RESOLVED, of="INC-9")
    changed = type(there)(there.rule, there.check, there.series, ended.state, incident="INC-9")
    await store.commit([AlertChanged(2.0, "resolved", changed, AlertState.FIRING)])
    states = [a.state for a in (await store.load()).alerts if a.incident == "INC-9"]
    assert states == [AlertState.RESOLVED], "the row that was there, and no second one"
    await store.close()
