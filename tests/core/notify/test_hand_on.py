"""What becomes of a page that does not arrive, and of an incident that ends or goes on in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.core.builders import EMAIL, SMS, WEBHOOK
from tests.core.notify.trial import ASKED, ZHOU, D, Q, Trial, X
from tests.core.people.crew import CHEN, LI, WANG, plan
from watchtower.core.events import IncidentChanged, PageQueued
from watchtower.core.incident.incidents import Address, Notified, Page, PageState
from watchtower.core.notify import routing
from watchtower.core.notify.messages import Also
from watchtower.core.plan.paging import PagingPolicy
from watchtower.model import IncidentState, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason


class TestSubstitute:
    """Who else is asked when a page does not arrive."""

    def failed(
        self, responder: str = "li", channel: str = SMS, kind: PageKind = PageKind.NEW, informs: bool = False
    ) -> Page:
        one = next(d.page for d in self.trial.decisions if isinstance(d, PageQueued))
        message = replace(one.message, informs=informs)
        return replace(one, responder=responder, channel=channel, kind=kind, message=message)

    def instead(self, page: Page, *known: Address) -> Address | None:
        self.trial.change(notified=dict.fromkeys(known, Notified(D)))
        return routing.substitute(self.trial.step, page)

    @pytest.fixture(autouse=True)
    def _trial(self) -> None:
        self.trial = Trial(plan(LI, WANG, CHEN, ZHOU, at=PagingPolicy(roles=("oncall",), channels=(SMS,))))

    def test_the_same_person_then_who_stands_behind_then_anybody(self) -> None:
        known: list[Address] = [("li", SMS)]
        order = []
        while found := self.instead(self.failed(), *known):
            order.append(" ".join(found))
            known.append(found)
        assert order == [
            "li email", "wang sms", "wang email", "chen email", "zhou sms", "zhou email", "zhou webhook",
        ]  # fmt: skip

    def test_who_is_asked_comes_before_who_stands_behind(self) -> None:
        assert self.instead(self.failed("zhou"), ("zhou", SMS), ("zhou", EMAIL), ("zhou", WEBHOOK)) == (
            "li",
            SMS,
        )

    def test_an_address_with_a_page_on_its_way_is_no_substitute(self) -> None:
        self.trial.on_its_way(("li", EMAIL))
        assert self.instead(self.failed(), ("li", SMS)) == ("wang", SMS)

    def test_what_informs_goes_to_the_same_person_by_a_quiet_channel(self) -> None:
        page = self.failed("zhou", WEBHOOK, informs=True)
        assert self.instead(page, ("zhou", WEBHOOK)) == ("zhou", EMAIL)
        assert self.instead(page, ("zhou", WEBHOOK), ("zhou", EMAIL)) is None

    @pytest.mark.parametrize("informs", [False, True])
    def test_the_last_word_goes_to_the_same_person_by_anything(self, informs: bool) -> None:
        page = self.failed("zhou", EMAIL, PageKind.RESOLVED, informs)
        assert self.instead(page, ("zhou", EMAIL)) == ("zhou", SMS)
        assert self.instead(page, ("zhou", EMAIL), ("zhou", SMS), ("zhou", WEBHOOK)) is None

    def test_who_left_the_configuration_is_replaced_by_who_is_asked(self) -> None:
        assert self.instead(self.failed("gone")) == ("li", SMS)

    def test_where_the_severity_pages_nobody_anybody_is_asked(self) -> None:
        self.trial.step.plan = replace(self.trial.plan, paging={})
        assert self.instead(self.failed(), ("li", SMS), ("li", EMAIL)) == ("wang", SMS)


class TestPassOn:
    """The same message to somebody else, or by another channel."""

    @pytest.mark.parametrize(
        ("to", "kind", "informs", "pages", "number", "role", "remembered"),
        [
            (("li", EMAIL), PageKind.NEW, False, 1, 1, "oncall", Notified(D)),
            (("wang", SMS), PageKind.NEW, False, 1, 1, "", Notified(Q)),
            (("wang", SMS), PageKind.NEW, True, 2, 3, "", Notified(Q, None, True)),
            (("li", EMAIL), PageKind.RESOLVED, False, 1, 1, "oncall", Notified(D, Q)),
            (("li", EMAIL), PageKind.RESOLVED, True, 5, 6, "oncall", Notified(D, Q, True)),
        ],
    )
    def test_a_page_is_passed_on(
        self,
        to: Address,
        kind: PageKind,
        informs: bool,
        pages: int,
        number: int,
        role: str,
        remembered: Notified,
    ) -> None:
        trial = Trial(pages=pages)
        one = next(d.page for d in trial.decisions if isinstance(d, PageQueued))
        also = (Also("INC-2", kind, Severity.P1, Text("x", "x"), Text("y", "y")),)
        message = replace(
            one.message, informs=informs, duty=Text("a", "b"), duty_short=Text("c", "d"), also=also
        )
        routing.pass_on(trial.step, replace(one, kind=kind, message=message, state=X), to)
        (copy,) = trial.pages
        assert (copy.id, copy.responder, copy.channel) == (f"INC-1.{number}.{to[0]}.{to[1]}", *to)
        assert (copy.kind, copy.state, copy.created_at, copy.failover_of) == (kind, Q, trial.at, one.id)
        duty = (message.duty, message.duty_short) if role else (None, None)
        assert (copy.message.role, copy.message.duty, copy.message.duty_short) == (role, *duty)
        assert copy.message.number == one.message.number
        assert not copy.message.also, "who takes over is told of others by pages of their own"
        assert trial.incident.pages == max(number, pages)
        assert trial.incident.notified == {**ASKED, to: remembered}
        line = next(d for d in trial.step.decisions if isinstance(d, IncidentChanged))
        assert (line.reason, line.detail) == ("passed_on", f"li by sms -> {to[0]} by {to[1]}")
        assert (
            next(d.reason for d in trial.step.decisions if isinstance(d, PageQueued)) is PageReason.FAILOVER
        )


class TestTheEnd:
    """The end is told to whoever a firing page reached, once."""

    def ended(self, notified: Mapping[Address, Notified], *waiting: Address, **changed: Any) -> Trial:
        trial = Trial(**{"state": IncidentState.RESOLVED, "notified": notified, **changed})
        trial.on_its_way(*waiting)
        routing.announce(trial.step, "INC-1", None, "resolved")
        return trial

    @pytest.mark.parametrize(
        ("known", "wanted"),
        [
            (Notified(D), ["resolved li sms"]),
            (Notified(D, None, True), ["resolved li sms"]),
            (Notified(D, D), ["nobody_notified: "]),
            (Notified(D, X), ["nobody_notified: "]),
            (Notified(Q), ["nobody_notified: "]),
            (Notified(X), ["nobody_notified: "]),
        ],
    )
    def test_who_is_owed_it(self, known: Notified, wanted: list[str]) -> None:
        trial = self.ended({("li", SMS): known})
        assert trial.said == wanted
        after = replace(known, resolved=Q) if "resolved" in wanted[0] else known
        assert trial.incident.notified == {("li", SMS): after}
        for page in trial.pages:
            assert (page.message.reason, page.message.previous_severity, page.message.note) == (
                "resolved", Severity.P1, None,
            )  # fmt: skip

    def test_what_only_repeats_is_dropped_and_a_first_page_is_not(self) -> None:
        trial = self.ended({("li", SMS): Notified(D), ("wang", SMS): Notified(Q)}, ("li", SMS), ("wang", SMS))
        assert trial.said == ["INC-1.1.li.sms cancelled superseded", "resolved li sms"]

    def test_an_all_clear_on_its_way_is_not_dropped(self) -> None:
        trial = Trial(state=IncidentState.RESOLVED, notified={("li", SMS): Notified(D, Q)})
        trial.on_its_way(("li", SMS), kind=PageKind.RESOLVED)
        routing.announce(trial.step, "INC-1", None, "resolved")
        assert trial.said == ["nobody_notified: "]

    def test_that_it_is_no_longer_watched_is_not_that_it_is_over(self) -> None:
        (page,) = self.ended({("li", SMS): Notified(D)}, state=IncidentState.UNWATCHED).pages
        assert (page.kind, page.message.reason) == (PageKind.UNWATCHED, "unwatched")
        assert (page.message.note, page.message.previous_severity) == (routing.LEFT, Severity.P1)

    def test_of_what_went_on_in_another_only_machines_hear_the_end(self) -> None:
        notified = {("zhou", WEBHOOK): Notified(D), ("li", SMS): Notified(D), ("zhou", "gone"): Notified(D)}
        trial = self.ended(notified, merged_into="INC-0")
        assert trial.said == ["resolved zhou webhook"]
        assert trial.pages[0].message.reason == "merged_into"
        assert self.ended({("li", SMS): Notified(D)}, merged_into="INC-0").said == []


class TestGoesOn:
    """People hear once of the incident in which theirs went on."""

    def merged(self, *gone: str, waiting: Sequence[str] = (), goes_on: bool = False) -> Trial:
        """INC-1 is home; each other is `number:address state informed`, all of them merged by this step or about to."""
        trial = Trial()
        state = trial.step.state
        for text in (*gone, *waiting):
            id, _, rest = text.partition(":")
            known = {}
            for one in rest.split(","):
                name, how, *informed = one.split()
                known[name, SMS] = Notified(PageState(how), None, bool(informed))
            ended = {} if text in waiting else {"state": IncidentState.RESOLVED, "merged_into": "INC-1"}
            state.incidents[id] = replace(trial.incident, id=id, notified=known, **ended)  # type: ignore[arg-type]
            if text in waiting:
                state.merging[id] = "INC-1"
            else:
                trial.step.decisions.append(IncidentChanged(trial.at, "merged_into", state.incidents[id]))
        state.merging["INC-99"] = "INC-1"  # it is no longer here
        state.merging["INC-1"] = "INC-98"
        trial.step.goes_on = goes_on
        for text in gone:
            routing.announce(trial.step, text.partition(":")[0], None, "merged_into")
        return trial

    def test_everybody_who_knew_of_any_hears_it_once(self) -> None:
        trial = self.merged("INC-2:li delivered,wang failed", "INC-3:li queued,zhou failing")
        assert [one for one in trial.said if one.startswith("update")] == ["update li sms", "update zhou sms"]
        note = "INC-2, INC-3 go on as INC-1: what it depends on fails"
        assert {page.message.note and page.message.note.en for page in trial.pages} == {note}
        assert {(page.incident, page.message.reason) for page in trial.pages} == {("INC-1", "merged_into")}

    def test_who_was_only_informed_of_all_of_them_is_informed(self) -> None:
        trial = self.merged("INC-2:li delivered i,wang delivered i", "INC-3:li delivered,wang delivered i")
        assert [one for one in trial.said if one.startswith("update")] == [
            "update li sms",
            "update wang sms*",
        ]

    def test_what_is_about_to_go_on_is_told_with_it(self) -> None:
        trial = self.merged("INC-2:li delivered", waiting=["INC-3:wang delivered"])
        assert [one for one in trial.said if one.startswith("update")] == ["update li sms", "update wang sms"]
        note = trial.pages[0].message.note
        assert note is not None
        assert note.en.startswith("INC-2, INC-3 go on")

    def test_what_was_told_already_is_not_told_again(self) -> None:
        assert not any(
            one.startswith("update") for one in self.merged("INC-2:li delivered", goes_on=True).said
        )

    def test_a_reminder_does_not_wait_for_it(self) -> None:
        before = Trial().incident.reminded_at
        assert self.merged("INC-2:li delivered").incident.reminded_at == before

    @pytest.mark.parametrize(
        ("many", "en", "zh"),
        [
            (1, "INC-2 goes on", "INC-2 并入"),
            (2, "INC-2, INC-3 go on", "INC-2、INC-3 并入"),
            (3, "INC-2, INC-3, INC-4 go on", "INC-2、INC-3、INC-4 并入"),
            (4, "INC-2, INC-3, INC-4 and 1 more go on", "INC-2、INC-3、INC-4 等 4 个事件 并入"),
            (9, "INC-2, INC-3, INC-4 and 6 more go on", "INC-2、INC-3、INC-4 等 9 个事件 并入"),
        ],
    )
    def test_three_are_named_and_the_rest_is_counted(self, many: int, en: str, zh: str) -> None:
        trial = self.merged(*(f"INC-{number}:li delivered" for number in range(2, 2 + many)))
        note = trial.pages[0].message.note
        assert note is not None
        assert note.en.startswith(f"{en} as INC-1")
        assert note.zh.startswith(f"{zh} INC-1")
