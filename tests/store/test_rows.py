"""Whatever an alert, an incident or a page holds, it comes back the same; also across versions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.samples import alert, incident, page
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident, Notified, Page, PageState
from watchtower.core.notify.messages import Because, Message
from watchtower.errors import StoreError
from watchtower.model import AlertState, IncidentState, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.store import rows

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
texts = st.builds(Text, words, words)
instants = st.floats(allow_nan=False)
maybe = st.none() | instants
severities = st.sampled_from(Severity)
channels = st.sampled_from(["email", "sms", "webhook"])
because = st.builds(Because, words, words, words, severities, instants, texts, words)
messages = st.builds(
    Message, st.sampled_from(PageKind), texts, words, st.integers(1, 10**6), severities, st.none() | severities,
    words, words, texts, words, st.lists(because, max_size=3).map(tuple), instants, instants, words,
    st.none() | texts, words, st.lists(texts, max_size=3).map(tuple), words,
)  # fmt: skip
alerts = st.builds(
    Alert, words, words, words, st.sampled_from(AlertState), severities, maybe, maybe, maybe, maybe, maybe, texts, words, words,
)  # fmt: skip
states = st.sampled_from(PageState)
told = st.dictionaries(
    st.tuples(words, channels), st.builds(Notified, states, st.none() | states), max_size=4
)
incidents = st.builds(
    Incident, words, words, texts, words, st.sampled_from(IncidentState), severities, severities, instants, instants,
    maybe, words, st.integers(0, 3), maybe, maybe, st.integers(0, 10**6), told, words,
)  # fmt: skip
pages = st.builds(
    Page, words, words, words, channels, st.sampled_from(PageKind), messages, instants, states, words
)


@given(alerts)
def test_alerts_come_back(alert: Alert) -> None:
    assert rows.decode_alert(rows.encode_alert(alert)) == alert


@given(incidents)
def test_incidents_come_back(incident: Incident) -> None:
    back = rows.decode_incident(rows.encode_incident(incident))
    assert back == incident
    assert all(isinstance(channel, str) for _, channel in back.notified)


@given(pages)
def test_pages_come_back(page: Page) -> None:
    assert rows.decode_page(rows.encode_page(page), page.state) == page


@given(st.text(st.characters()))
def test_any_text_becomes_one_that_databases_take(text: str) -> None:
    plain = rows.plain(text)
    assert "\0" not in plain
    plain.encode()
    assert rows.plain(plain) == plain


@pytest.mark.parametrize(
    "sample", [alert(), incident(notified=PageState.QUEUED), page()], ids=lambda s: type(s).__name__
)
def test_what_a_later_version_added_is_ignored(sample: Alert | Incident | Page) -> None:
    if isinstance(sample, Alert):
        value = {**json.loads(rows.encode_alert(sample)), "weather": {"rain": True}}
        assert rows.decode_alert(json.dumps(value)) == sample
    elif isinstance(sample, Incident):
        value = {**json.loads(rows.encode_incident(sample)), "weather": "rain"}
        value["notified"][0][2]["by_pigeon"] = "queued"
        assert rows.decode_incident(json.dumps(value)) == sample
    else:
        value = {**json.loads(rows.encode_page(sample)), "weather": "rain"}
        value["message"]["because"][0]["mood"] = 1
        assert rows.decode_page(json.dumps(value), "queued") == sample


def test_what_an_earlier_version_did_not_write_takes_its_default() -> None:
    value = json.loads(rows.encode_incident(incident()))
    for later in ("notified", "sop", "pages", "reminded_at", "acknowledged_by"):
        del value[later]
    back = rows.decode_incident(json.dumps(value))
    assert (back.notified, back.sop, back.pages, back.reminded_at, back.acknowledged_by) == (
        {},
        "",
        0,
        None,
        "",
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", "a page in the store cannot be read: Expecting value"),
        ("[]", "a page in the store cannot be read: not an object"),
        ('{"id": "p-1"}', "page p-1 in the store cannot be read: Object missing required field `incident`"),
        (
            rows.encode_page(page()).replace('"new"', '"poem"', 1),
            "page INC-1.1.li.email in the store cannot be read: kind: ",
        ),
    ],
)
def test_what_cannot_be_read_says_which_and_why(data: str, says: str) -> None:
    with pytest.raises(StoreError) as caught:
        rows.decode_page(data, "queued")
    assert str(caught.value).startswith(says)


def test_notifications_that_are_garbage_say_so() -> None:
    data = rows.encode_incident(incident()).replace('"notified":[]', '"notified":[1]')
    with pytest.raises(StoreError, match="incident INC-1 in the store cannot be read: notified: "):
        rows.decode_incident(data)


def test_people_can_read_their_own_letters_in_the_file() -> None:
    assert "下单支付" in rows.encode_incident(incident())
