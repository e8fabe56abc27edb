"""The link in a page: it opens the incident for one person, and what this person may do now."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from html import unescape

import pytest
import pytest_asyncio
import requests

from tests.parts.button import proof_of
from tests.web.conftest import Site
from tests.web.engine_daemon import EngineDaemon
from tests.web.fake import ACCESS, KEY
from tests.web.test_link_rights import mitigated, over
from watchtower.api.attempts import A_MINUTE, Attempts
from watchtower.api.porch import Porch
from watchtower.api.proofs import LONGEST, SOONEST, Proofs
from watchtower.model import IncidentState
from watchtower.web.server import WebServer
from watchtower.web.tokens import LASTS, make

DAY = 86400.0


@dataclass
class Person(Site):
    """Somebody with a link and a browser. `seconds` is the clock of the forms."""

    daemon: EngineDaemon
    seconds: float = 100.0

    def link(self, by: str = "wu", incident: str = "INC-1") -> str:
        return f"/ack/{make(KEY, incident, by, self.daemon.story.at + 60)}"

    async def see(self, link: str) -> str:
        return text_of((await self.get(link)).text)

    async def press(
        self, link: str, action: str, reads: float = 5.0, proof: str = "", **fields: str
    ) -> requests.Response:
        """Opens the page, reads it, presses; what comes is the page that it leads to."""
        path, _, lang = link.partition("?")
        proof = proof or proof_of((await self.get(link)).text, action)
        self.seconds += reads
        data = {"press": proof} | {f"{action}.{name}": value for name, value in fields.items()}
        return await self.post(f"{path}/do/{action}?{lang}", data=data, allow_redirects=True)


def text_of(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


def said(answer: requests.Response) -> str:
    """What the page says first: what came of it."""
    found = re.search(r'<div class="done.*?</div>', answer.text, re.DOTALL)
    return text_of(found[0]) if found else ""


def offered(html: str) -> set[str]:
    return set(re.findall(r"/do/(\w+)", html)) - {"nothing"}


@pytest.fixture
def daemon() -> EngineDaemon:
    made = EngineDaemon()
    made.down()
    return made


@pytest_asyncio.fixture
async def site(daemon: EngineDaemon) -> AsyncIterator[Person]:
    access = replace(ACCESS, attempts=Attempts(), proofs=Proofs(lambda: person.seconds))
    server = WebServer(Porch(daemon, access), "127.0.0.1:0")
    await server.start()
    person = Person(server.port, daemon)
    yield person
    await server.stop()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_following_the_link_does_nothing(site: Person, daemon: EngineDaemon, method: str) -> None:
    """Mail scanners and chat previews follow every link."""
    count = len(daemon.log)
    for path in (site.link(), f"{site.link()}/do/acknowledge", f"{site.link()}/do/nothing"):
        assert (await site.ask(method, path)).status_code == 200
    assert len(daemon.log) == count


async def test_a_person_acknowledges_and_reads_what_came_of_it_and_what_is_next(
    site: Person, daemon: EngineDaemon
) -> None:
    html = (await site.get(site.link())).text
    assert "You are wu" in html
    assert offered(html) >= {"acknowledge", "approve", "reject", "done", "take", "note", "silence"}
    answer = await site.press(site.link(), "acknowledge")
    assert answer.status_code == 200
    assert "did=" in answer.url
    assert "You have acknowledged it" in said(answer)
    assert "Next: Look at the bank's status page" in said(answer)
    assert daemon.state.incidents["INC-1"].acknowledged_by == "wu"
    assert [entry.by for _, entry in daemon.log if entry.kind == "acknowledged"] == ["wu"]
    assert "Acknowledged by wu already" in await site.see(site.link("po"))


DONE = [
    ("approve", {"plan": "switch"}, "Degradation approved by wu: switch"),
    ("reject", {"plan": "switch", "reason": "too early"}, "Degradation rejected by wu: switch"),
    ("done", {"step": "1"}, "Done: Look at the bank's status page"),
    ("take", {"role": "scribe"}, "wu is Scribe"),
    ("note", {"text": "rolled back 4.2"}, "wu: rolled back 4.2"),
    ("tried", {"text": "a restart", "result": "nothing"}, "Tried: a restart"),
    ("raise", {"severity": "P0", "reason": "all banks"}, "Raised to P0 by wu: all banks"),
    ("said", {"audience": "customers", "text": "we are on it"}, "Said to customers: we are on it"),
    ("silence", {"until": "30m"}, "Done: Silence the alerts"),
]


@pytest.mark.parametrize(("action", "fields", "words"), DONE, ids=[one[0] for one in DONE])
async def test_an_action_is_done_once_in_the_name_of_its_person(
    site: Person, daemon: EngineDaemon, action: str, fields: dict[str, str], words: str
) -> None:
    link = site.link()
    proof = proof_of((await site.get(link)).text, action)
    answer = await site.press(link, action, proof=proof, **fields)
    assert words in said(answer)
    assert ("Notified:" in said(answer)) or ("Nobody is paged for it" in said(answer))
    count = len(daemon.log)
    again = await site.press(link, action, proof=proof, **fields)
    assert "You sent this twice; it was done once." in said(again)
    assert words in said(again)
    assert len(daemon.log) == count
    assert {entry.by for _, entry in daemon.log} <= {"wu", "watchtower"}


async def test_two_presses_in_one_moment_are_one(site: Person, daemon: EngineDaemon) -> None:
    link = site.link()
    proof = proof_of((await site.get(link)).text, "note")
    presses = (site.press(link, "note", proof=proof, text="rolled back") for _ in range(4))
    answers = await asyncio.gather(*presses)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len([entry for _, entry in daemon.log if entry.detail == "rolled back"]) == 1


async def test_a_silence_from_the_phone_holds_the_pages_back_for_half_an_hour(
    site: Person, daemon: EngineDaemon
) -> None:
    await site.press(site.link(), "silence", until="30m", reason="the bank migrates")
    [silence] = daemon.state.book.silences.values()
    assert (silence.by, silence.ends_at - silence.starts_at) == ("wu", 1800.0)
    assert "expire_silence" in offered((await site.get(site.link())).text)


async def test_what_no_longer_fires_is_resolved_from_the_phone(site: Person, daemon: EngineDaemon) -> None:
    mitigated(daemon)
    answer = await site.press(site.link("po"), "resolve")
    assert "Resolved" in said(answer)
    assert not daemon.state.incidents["INC-1"].open


async def test_two_taps_are_one_note(site: Person, daemon: EngineDaemon) -> None:
    """The second one comes while the first is being written."""
    link = site.link()
    proof = proof_of((await site.get(link)).text, "note")
    first, second = await asyncio.gather(
        *(site.press(link, "note", proof=proof, text="bank called") for _ in range(2))
    )
    assert [entry.kind for _, entry in daemon.log].count("notes.note") == 1
    assert "wu: bank called" in said(first)
    assert "wu: bank called" in said(second)


async def test_what_is_quicker_than_a_person_is_asked_once_more(site: Person, daemon: EngineDaemon) -> None:
    """A scanner that posts forms does it at once."""
    answer = await site.press(site.link(), "note", reads=SOONEST / 2, text="typed")
    assert (answer.status_code, "quicker than a person reads" in said(answer)) == (409, True)
    assert 'value="typed"' in answer.text
    assert "details open" in answer.text
    assert "notes.note" not in [entry.kind for _, entry in daemon.log]
    again = await site.press(site.link(), "note", proof=proof_of(answer.text, "note"), text="typed")
    assert "wu: typed" in said(again)


async def test_a_form_that_a_script_submits_does_nothing(site: Person, daemon: EngineDaemon) -> None:
    """It sends every field, but presses no button."""
    await site.get(site.link())
    answer = await site.post(f"{site.link()}/do/acknowledge", data={})
    assert answer.status_code == 409
    assert daemon.state.incidents["INC-1"].state is IncidentState.TRIGGERED


async def test_a_program_that_sends_the_form_that_nobody_sees_can_send_none_of_the_others(
    site: Person, daemon: EngineDaemon
) -> None:
    html = (await site.get(site.link())).text
    site.seconds += 60
    for action in ("nothing", *re.findall(r"/do/(\w+)", html)):
        await site.post(f"{site.link()}/do/{action}", data={"press": proof_of(html, action)})
    assert daemon.state.incidents["INC-1"].state is IncidentState.TRIGGERED
    assert "You have acknowledged it" in said(await site.press(site.link(), "acknowledge"))


PROOFS = ["", "x", "_", "1-a_b", "é_é", "1e999-a_" + "0" * 24, "x" * 5000]


@pytest.mark.parametrize("proof", PROOFS)
async def test_what_is_no_proof_does_nothing(site: Person, daemon: EngineDaemon, proof: str) -> None:
    answer = await site.post(f"{site.link()}/do/acknowledge", data={"press": proof})
    assert answer.status_code == 409
    assert daemon.state.incidents["INC-1"].state is IncidentState.TRIGGERED


async def test_a_proof_counts_for_its_action_its_link_and_an_hour(site: Person, daemon: EngineDaemon) -> None:
    html = (await site.get(site.link())).text
    proof = proof_of(html, "acknowledge")
    for link, action, reads in (
        (site.link(), "note", 5.0),
        (site.link("po"), "acknowledge", 5.0),
        (site.link(), "acknowledge", LONGEST),
    ):
        answer = await site.press(link, action, reads=reads, proof=proof, text="x")
        assert answer.status_code == 409
        assert "press once more" in said(answer)
    assert daemon.state.incidents["INC-1"].state is IncidentState.TRIGGERED


async def test_what_is_missing_is_named_in_the_persons_language(site: Person) -> None:
    answer = await site.press(site.link("li"), "note", text="  ")
    assert (answer.status_code, said(answer)) == (409, "未执行：请填写“内容”后再次提交。")


@pytest.mark.parametrize("fields", [{"role": "dragon"}, {}])
async def test_only_what_the_page_offers_is_done(
    site: Person, daemon: EngineDaemon, fields: dict[str, str]
) -> None:
    count = len(daemon.log)
    assert (await site.press(site.link(), "take", **fields)).status_code == 409
    assert len(daemon.log) == count


async def test_who_may_not_decide_is_told_so(site: Person, daemon: EngineDaemon) -> None:
    """li is on call: a page that is older than the roles, or a form that was made up."""
    proofs = Proofs(lambda: site.seconds)
    answer = await site.post(
        f"{site.link('li')}/do/approve?lang=en", data={"press": proofs.make(proofs.showing(), "x", "approve")}
    )
    assert answer.status_code == 409
    html = (await site.get(site.link("wu"))).text
    await site.press(site.link("po"), "reject", plan="switch", reason="no")
    late = await site.press(site.link("wu"), "approve", proof=proof_of(html, "approve"), plan="switch")
    assert "cannot be done any more, or is not for you to do" in said(late)
    assert [run.state for run in daemon.state.histories["INC-1"].degrade.runs] == ["rejected"]


async def test_the_second_one_is_told_who_has_it(site: Person, daemon: EngineDaemon) -> None:
    html = (await site.get(site.link("po"))).text
    await site.press(site.link("wu"), "acknowledge")
    answer = await site.press(site.link("po"), "acknowledge", proof=proof_of(html, "acknowledge"))
    assert said(answer) == "Acknowledged by wu already."
    assert daemon.state.incidents["INC-1"].acknowledged_by == "wu"


async def test_what_is_over_is_only_read_and_its_review_with_it(site: Person, daemon: EngineDaemon) -> None:
    html = (await site.get(site.link())).text
    await asyncio.to_thread(over, daemon)
    page = await site.get(site.link())
    assert "This incident is over" in said(page)
    assert offered(page.text) == set()
    late = await site.press(site.link(), "note", proof=proof_of(html, "note"), text="late")
    assert "cannot be done any more" in said(late)
    [review] = re.findall(r'href="(/ack/[^"]*/review)"', page.text)
    answer = await site.get(review)
    assert answer.status_code == 200
    assert f'href="{site.link()}"' in answer.text


async def test_a_link_lasts_as_long_as_its_incident_and_a_week(site: Person, daemon: EngineDaemon) -> None:
    link = site.link()
    daemon.story.wait(3 * LASTS)
    assert (await site.get(link)).status_code == 200
    await asyncio.to_thread(over, daemon)
    daemon.story.wait(LASTS - 60)
    assert (await site.get(link)).status_code == 200
    daemon.story.wait(120)
    answer = await site.get(link)
    assert answer.status_code == 410
    assert "over a week ago" in answer.text


async def test_a_merged_incidents_link_leads_to_where_it_goes_on(site: Person, daemon: EngineDaemon) -> None:
    daemon.story.wait(60)
    daemon.keep(daemon.story.down("page"))
    one, two = daemon.state.incidents["INC-1"], daemon.state.incidents["INC-2"]
    daemon.state.incidents["INC-1"] = replace(
        one, state=IncidentState.RESOLVED, resolved_at=daemon.story.at, merged_into=two.id
    )
    page = await site.get(site.link())
    assert said(page) == "It goes on in INC-2. Open it"
    assert offered(page.text) == set()
    [there] = re.findall(r'<div class="done.*?href="([^"]+)"', page.text, re.DOTALL)
    assert "You have acknowledged it" in said(await site.press(there, "acknowledge"))
    assert daemon.state.incidents["INC-2"].acknowledged_by == "wu"


async def test_who_has_left_and_what_was_cut_off_are_told_in_words(
    site: Person, daemon: EngineDaemon
) -> None:
    for link, status, words in (
        (site.link("former"), 403, "This link was for former, who is no responder any more"),
        (site.link()[:-1], 404, "cut off on its way"),
        (site.link(incident="INC-99"), 404, "There is no such incident"),
    ):
        for answer in (await site.get(link), await site.post(f"{link}/do/acknowledge")):
            assert (answer.status_code, words in answer.text) == (status, True)
    assert daemon.state.incidents["INC-1"].state is IncidentState.TRIGGERED


async def test_guessing_is_slowed_down_and_the_right_link_still_opens(site: Person) -> None:
    answers = [(await site.get(f"/ack/guess{number}")).status_code for number in range(A_MINUTE + 2)]
    assert answers == [404] * A_MINUTE + [429] * 2
    assert (await site.get(site.link())).status_code == 200


async def test_the_page_is_in_the_persons_language_and_zone(site: Person) -> None:
    html = (await site.get(site.link("li"), headers={"Accept-Language": "en"})).text
    assert "您是 li" in html
    assert "UTC+8" in html
    english = (await site.get(site.link("li") + "?lang=en")).text
    assert "You are li" in english
    answer = await site.press(site.link("li") + "?lang=en", "note", text="x")
    assert "Nobody is paged for it" in said(answer)


async def test_nobody_else_learns_the_link(site: Person, daemon: EngineDaemon, json_log: io.StringIO) -> None:
    link = site.link()
    answer = await site.press(link, "note", text="x")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.text
    token = link.rpartition("/")[2]
    assert token not in json_log.getvalue()
    assert '"/ack/…"' in json_log.getvalue()
    assert token not in (await site.get("/incidents/INC-1")).text


async def test_the_page_is_light_and_needs_no_script(site: Person) -> None:
    html = (await site.get(site.link())).text
    assert len(html.encode()) < 20_000
    assert "onclick" not in html
