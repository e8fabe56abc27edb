"""The whole path through the engine, from an observation to who is told."""

from __future__ import annotations

from tests.core.builders import (
    DOWN_RULE_TEXT,
    EMAIL,
    LI,
    SMS,
    WANG,
    Story,
    http_check,
    moves,
    pages,
    plan,
    queued,
    rule,
    traffic_check,
    whys,
)  # fmt: skip
from watchtower.core.events import PageChanged, Ticked
from watchtower.core.incident.incidents import PageState
from watchtower.model import IncidentState
from watchtower.page_kinds import PageKind

BANK = http_check()
DOWN = rule("bank-down", "outcome == 'down'", BANK, text=DOWN_RULE_TEXT)


def test_a_target_fails_and_comes_back() -> None:
    story = Story(plan([BANK], [DOWN]))
    assert story.up("bank") == []
    assert pages(story.wait(10).down("bank")) == ["new P1 li sms", "new P1 li email"]
    assert story.undelivered()[0].message.because[0].text.en == "bank is down"
    assert pages(story.wait(10).down("bank")) == []
    story.deliver_all()
    assert pages(story.wait(10).up("bank")) == ["resolved P1 li sms", "resolved P1 li email"]
    story.deliver_all()
    story.past_reopening("bank")
    assert not story.engine.state.incidents
    assert not story.engine.state.alerts
    assert not story.engine.state.pages


def test_resolved_is_owed_if_and_only_if_firing_was_delivered() -> None:
    story = Story(plan([BANK], [DOWN]))
    sms, _mail = queued(story.down("bank"))
    story.deliver(sms)
    assert pages(story.wait(10).up("bank")) == ["resolved P1 li sms"]


def test_a_page_that_arrives_after_the_end_is_followed_by_its_all_clear() -> None:
    story = Story(plan([BANK], [DOWN]))
    sms, mail = queued(story.down("bank"))
    assert pages(story.wait(10).up("bank")) == []
    assert pages(story.deliver(mail)) == ["resolved P1 li email"]
    story.fail(sms)
    story.deliver_all()
    story.past_reopening("bank")
    assert not story.engine.state.incidents


def test_a_page_that_was_given_up_owes_nothing_at_the_end() -> None:
    story = Story(plan([BANK], [DOWN]))
    sms, mail = queued(story.down("bank"))
    story.fail(sms)
    story.deliver(mail)
    assert pages(story.wait(10).up("bank")) == ["resolved P1 li email"]


def test_reminders_go_on_until_somebody_acknowledges() -> None:
    story = Story(plan([BANK], [DOWN], remind_every=300))
    story.down("bank")
    story.deliver_all()
    assert pages(story.wait(299).tick()) == []
    assert pages(story.wait(1).tick()) == ["reminder P1 li sms", "reminder P1 li email"]
    story.deliver_all()
    story.ack()
    for _ in range(100):
        story.wait(10).down("bank")
        assert pages(story.tick()) == []
    assert story.engine.state.incidents["INC-1"].state is IncidentState.ACKNOWLEDGED


def test_a_reminder_waits_while_a_recovery_is_being_shown_but_not_for_ever() -> None:
    down = rule("down", "outcome == 'down'", BANK, keep=3600.0)
    story = Story(plan([BANK], [down], remind_every=300))
    story.down("bank")
    story.deliver_all()
    story.wait(290).up("bank")
    assert whys(story.wait(10).tick()) == ["recovering"]
    for _ in range(29):
        story.wait(10).up("bank")
        assert [*pages(story.tick()), *whys(story.decisions)].count("recovering") == 1
    assert pages(story.wait(10).tick()) == ["reminder P1 li sms", "reminder P1 li email"]
    story.deliver_all()
    assert pages(story.wait(300).tick()) == []
    assert pages(story.wait(10).down("bank")) == []
    assert pages(story.tick()) == ["reminder P1 li sms", "reminder P1 li email"], "it was not over"


def test_a_flow_that_comes_back_is_not_reminded_of_before_its_all_clear() -> None:
    orders = traffic_check(flow="checkout")
    story = Story(plan([orders], [rule("gone", "traffic.silent", orders)], remind_every=300))
    for _ in range(400):
        story.wait(10).up("orders", requests=10.0)
    for _ in range(30):
        story.wait(10).up("orders", requests=0.0)
        story.tick()
        story.deliver_all()
    told = []
    for _ in range(20):
        told += pages(story.wait(10).up("orders", requests=10.0))
        told += pages(story.tick())
        story.deliver_all()
    assert "recovering" in whys(story.decisions)
    assert told == ["resolved P1 li sms", "resolved P1 li email"]


def test_no_reminder_queues_behind_a_page_that_is_still_on_its_way() -> None:
    story = Story(plan([BANK], [DOWN], remind_every=300))
    sms, _ = queued(story.down("bank"))
    story.deliver(sms)
    assert pages(story.wait(300).tick()) == ["reminder P1 li sms"]


def test_a_reminder_on_its_way_is_dropped_at_the_end() -> None:
    story = Story(plan([BANK], [DOWN], remind_every=300))
    story.down("bank")
    story.deliver_all()
    reminders = queued(story.wait(300).tick())
    end = story.wait(1).up("bank")
    assert pages(end) == ["resolved P1 li sms", "resolved P1 li email"]
    dropped = [d.page for d in end if isinstance(d, PageChanged) and d.state is PageState.CANCELLED]
    assert dropped == [p.id for p in reminders]


def test_one_incident_per_flow_and_a_worse_alert_raises_it() -> None:
    web, orders = http_check("web", flow="checkout"), traffic_check("orders", flow="checkout")
    slow = rule("slow", "latency > 2.0", web, severity="P2")
    gone = rule("gone", "traffic.silent", orders, severity="P0")
    story = Story(plan([web, orders], [slow, gone]))
    assert pages(story.up("web", latency=3.0)) == ["new P2 li email"]
    assert pages(story.wait(60).up("orders", requests=0.0)) == []
    for _ in range(5):
        last = story.wait(10).up("orders", requests=0.0)
    assert pages(last) == ["upgrade P0 li sms", "upgrade P0 li email"]
    upgrade = queued(last)[0].message
    assert (upgrade.previous_severity, upgrade.severity, len(upgrade.because)) == ("P2", "P0", 2)
    assert upgrade.because[0].since == story.at - 60  # backdated to the first silent moment


def test_an_alert_that_changes_no_level_is_not_told_and_says_why() -> None:
    web = http_check("web", flow="checkout")
    rules = [rule("slow", "latency > 2.0", web), rule("error", "status == 500.0", web)]
    story = Story(plan([web], rules))
    story.up("web", latency=3.0, status=200.0)
    again = story.wait(10).up("web", latency=3.0, status=500.0)
    assert (pages(again), whys(again)) == ([], ["severity_unchanged"])


def test_lowered_goes_to_those_who_were_told() -> None:
    web = http_check("web")
    rules = [
        rule("slow", "latency > 2.0", web, severity="P2"),
        rule("error", "status == 500.0", web, severity="P0"),
    ]
    story = Story(plan([web], rules))
    story.up("web", latency=3.0, status=500.0)
    story.deliver_all()
    assert (
        pages(story.wait(10).up("web", latency=3.0, status=200.0)) == []
    )  # it may come and go around a threshold
    lowered = [page for page in pages(story.wait(900).tick()) if "reminder" not in page]
    assert lowered == ["downgrade P2 li sms", "downgrade P2 li email"]
    assert story.engine.state.incidents["INC-1"].record == "P0"


def test_what_goes_to_and_fro_between_two_severities_is_raised_once() -> None:
    web = http_check("web")
    rules = [
        rule("slow", "latency > 1.0", web, severity="P3"),
        rule("slower", "latency > 2.0", web, for_=30.0, severity="P2"),
    ]
    story = Story(plan([web], rules))
    kinds = list[str]()
    for poll in range(48):
        story.deliver_all()
        told = pages(story.wait(15).up("web", latency=2.5 if poll // 8 % 2 else 1.5))
        kinds += [one.split()[0] for one in told if "reminder" not in one]
    assert kinds == ["new", "upgrade"]
    story.deliver_all()
    assert {one.split()[0] for one in pages(story.wait(15).up("web", latency=0.1))} == {"resolved"}


def test_unknown_neither_fires_nor_recovers() -> None:
    story = Story(plan([BANK], [DOWN]))
    assert moves(story.cannot_tell("bank")) == ["pending bank"]  # only the blind spot's own clock starts
    story.wait(10).down("bank")
    assert story.engine.state.incidents["INC-1"].open
    story.wait(10).cannot_tell("bank")
    assert story.engine.state.incidents["INC-1"].open


def test_many_unknown_at_once_are_one_incident() -> None:
    checks = [http_check(f"c{i}", no_data_after=30) for i in range(50)]
    story = Story(plan(checks, [rule("down", "outcome == 'down'", *checks)]))
    for _ in range(4):
        for check in checks:
            story.cannot_tell(check.name)
        story.wait(10)
    told = pages(story.decisions)
    assert list(story.engine.state.incidents) == ["INC-1"]
    assert told == ["new P3 li email", "upgrade P2 li email"]
    for check in checks:
        story.up(check.name)
    assert not story.engine.state.incidents["INC-1"].open


def test_a_declared_check_that_is_never_heard_of_is_a_blind_spot() -> None:
    story = Story(plan([BANK, http_check("other")], [DOWN]))
    for _ in range(30):
        story.up("other")
        story.tick()
        story.wait(10)
    assert pages(story.decisions) == ["new P3 li email"]
    text = story.undelivered()[0].message.because[0].text
    assert text.en == "No data from bank: its probe has not run"


def test_a_declared_series_that_is_never_seen_is_a_blind_spot() -> None:
    orders = traffic_check("orders", flows=("checkout", "refund"))
    story = Story(plan([orders], [rule("gone", "traffic.silent", orders)], flows=("checkout", "refund")))
    for _ in range(30):
        story.up("orders", series="checkout", requests=5.0)
        story.tick()
        story.wait(10)
    assert [p.message.because[0].series for p in story.undelivered()] == ["refund"]


def test_zero_too_low_no_data_and_probe_failed_are_four_things() -> None:
    orders = traffic_check("orders", flow="checkout", zero_for=30)
    rules = [
        rule("gone", "traffic.silent", orders),
        rule("few", "requests > 0.0 && requests < 3.0", orders, severity="P2"),
    ]
    story = Story(plan([orders], rules))
    zero = [moves(story.wait(10).up("orders", requests=0.0)) for _ in range(3)]
    assert zero == [[], [], ["firing orders"]]
    low = Story(plan([orders], rules))
    assert [d.page.message.because[0].rule for d in low.up("orders", requests=2.0) if hasattr(d, "page")] == [
        "few"
    ]
    none = Story(plan([orders], rules))
    for _ in range(30):
        none.wait(10).cannot_tell("orders")
    assert {a.rule for a in none.engine.state.alerts.values()} == {"watchtower-no-data"}


def test_missing_polls_are_not_counted_as_silence() -> None:
    orders = traffic_check("orders", zero_for=60)
    story = Story(plan([orders], [rule("gone", "traffic.silent", orders)]))
    story.up("orders", requests=4.0)
    story.wait(10).up("orders", requests=0.0)
    story.wait(3600)
    assert moves(story.up("orders", requests=0.0)) == []


def test_the_same_person_is_asked_another_way_when_a_channel_fails() -> None:
    story = Story(plan([BANK], [rule("down", "outcome == 'down'", BANK, severity="P2")]))
    (mail,) = queued(story.down("bank"))
    assert (mail.channel, pages(story.failing(mail))) == (EMAIL, ["new P2 li sms"])
    assert pages(story.fail(mail)) == []  # it was passed on already


def test_then_somebody_else_is_asked() -> None:
    story = Story(plan([BANK], [DOWN], responders=[LI, WANG]))
    sms, mail = queued(story.down("bank"))
    assert pages(story.fail(sms)) == ["new P1 wang email"]
    assert pages(story.fail(mail)) == []
    assert not any(i.key == "unreached" for i in story.engine.state.incidents.values())


def test_reached_nobody_is_itself_an_incident_and_ends_when_somebody_is() -> None:
    story = Story(plan([BANK], [DOWN]))
    sms, mail = queued(story.down("bank"))
    story.failing(sms)
    told = story.fail(mail)
    assert pages(told) == ["new P1 li sms", "new P1 li email"]
    assert queued(told)[0].incident == "INC-2"
    assert queued(told)[0].message.because[0].text.en == "INC-1 (P1) reached nobody"
    story.fail(queued(told)[1])  # it does not breed another
    assert set(story.engine.state.incidents) == {"INC-1", "INC-2"}
    story.deliver(sms)
    assert not story.engine.state.incidents.get("INC-2") or not story.engine.state.incidents["INC-2"].open


def test_acknowledging_ends_reached_nobody() -> None:
    story = Story(plan([BANK], [DOWN]))
    for page in queued(story.down("bank")):
        story.fail(page)
    assert story.engine.state.incidents["INC-2"].open
    story.ack("INC-1")
    assert "INC-2" not in story.engine.state.incidents or not story.engine.state.incidents["INC-2"].open


def test_a_severity_nobody_is_paged_for_says_so() -> None:
    story = Story(plan([BANK], [DOWN], responders=[WANG]))
    assert whys(story.down("bank")) == ["nobody_to_page"]
    assert whys(story.wait(10).tick()) == []


def test_resolving_by_hand_is_refused_while_it_fires() -> None:
    from watchtower.core.events import ResolvedByHand

    story = Story(plan([BANK], [DOWN]))
    story.down("bank")
    assert whys(story.feed(ResolvedByHand("INC-1", "li"))) == ["still_firing"]
    assert story.engine.state.incidents["INC-1"].open


def test_ids_of_pages_are_stable_and_numbered() -> None:
    story = Story(plan([BANK], [DOWN]))
    assert [p.id for p in queued(story.down("bank"))] == ["INC-1.1.li.sms", "INC-1.1.li.email"]
    assert {p.channel for p in story.undelivered()} == {SMS, EMAIL}
    assert {p.kind for p in story.undelivered()} == {PageKind.NEW}


def test_nothing_happens_on_a_quiet_tick() -> None:
    story = Story(plan([BANK], [DOWN]))
    story.up("bank")
    assert story.engine.handle(Ticked(), story.at + 1) == []


def test_the_end_of_a_page_that_is_no_longer_followed_is_still_recorded() -> None:
    story = Story(plan([BANK], [DOWN]))
    sms, mail = queued(story.down("bank"))
    for page in (sms, mail):
        story.fail(page)
    story.wait(10).up("bank")
    story.past_reopening("bank")
    assert "INC-1" not in story.engine.state.incidents
    late = story.deliver(sms)  # it was in flight when it was given up
    assert [(d.page, d.state) for d in late if isinstance(d, PageChanged)] == [(sms.id, "delivered")]


def test_what_joins_and_began_earlier_dates_the_incident_back() -> None:
    slow = rule("bank-slow", "latency > 0.5", BANK, for_=60)
    story = Story(plan([BANK], [DOWN, slow]))
    story.up("bank", latency=0.9)
    began = story.at
    story.wait(30).down("bank", latency=0.9)
    (incident,) = story.engine.state.incidents.values()
    assert incident.onset == story.at
    story.wait(30).down("bank", latency=0.9)
    (incident,) = story.engine.state.incidents.values()
    assert incident.onset == began
