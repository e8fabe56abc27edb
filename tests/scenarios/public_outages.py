"""Ten more outages that companies or their regulators described in public. Times are real (some local, where that is day there), volumes and shares that
nobody told are made up."""

from __future__ import annotations

from collections.abc import Mapping

from tests.scenarios.outages import MONEY, SEVERE, Outage, Part, WatchedFlow, minute

_TWILIO_DOWN = [("13:00", "15:30")]

PUBLIC_OUTAGES: Mapping[str, Outage] = {
    "partial failure of a switch": Outage(
        "Visa Europe, 1 June 2018: a switch fails by half; one in fourteen payments fails for ten hours, one in three at two peaks "
        "(letter to the Treasury Committee, 15 June 2018; the usual share of failures is learnt)",
        begin="13:35",
        flows={
            "cards": WatchedFlow(
                3000,
                [
                    Part("13:35", "14:05", 1, 0.07),
                    Part("14:05", "14:15", 1, 0.35),
                    Part("14:15", "16:40", 1, 0.07),
                    Part("16:40", "17:30", 1, 0.35),
                    Part("17:30", "23:45", 1, 0.07),
                ],
                MONEY,
            ),
        },
        first=SEVERE,
        at={"14:10": SEVERE, "17:00": SEVERE, "20:00": ("P0", "P1", "P2")},
        record=SEVERE,
        mitigated="23:45",
        within=6,
        until="24:50",
        learnt=True,
    ),
    "no primary elected": Outage(
        "Stripe, 10 July 2019: a database elects no primary, most requests of the API fail for 27 minutes "
        "(stripe.com/rcas/2019-07-10)",
        begin="16:35",
        flows={
            "api": WatchedFlow(3000, [Part("16:35", "17:02", 1, 0.75)], MONEY),
            "dashboard": WatchedFlow(200, [Part("16:35", "17:02", 1, 0.75)], 'tier = "supporting"\n'),
        },
        first=SEVERE,
        at={"16:40": ("P0",), "17:00": ("P0",)},
        record=("P0",),
        mitigated="17:02",
        until="18:02",
    ),
    "flood of a processor": Outage(
        "Adyen, 21 April 2025: a flood of requests, three times the usual, in which as many succeed as ever, "
        "and most fail (the first of three waves)",
        begin="16:51",
        flows={
            "payments": WatchedFlow(3000, [Part("16:51", "17:35", 3, 0.6)], MONEY),
        },
        first=SEVERE,
        at={"16:55": SEVERE, "17:30": SEVERE},
        record=("P0",),
        mitigated="17:35",
        until="18:34",
    ),
    "SMS vendor": Outage(
        "Twilio, 26 February 2021: a service of theirs is overloaded, SMS are refused; who logs in by one-time password cannot, "
        "and fewer pay",
        begin="13:00",
        flows={
            "otp": WatchedFlow(200, [Part("13:00", "15:30", 1.8, 0.7)], 'depends_on = ["sms-vendor"]\n'),
            "pay": WatchedFlow(3000, [Part("13:04", "15:30", 0.75)], MONEY + 'depends_on = ["otp"]\n'),
        },
        probes={"sms-vendor": _TWILIO_DOWN},
        first=("P0", "P1", "P2"),
        at={"13:10": SEVERE, "15:00": SEVERE},
        record=SEVERE,
        mitigated="15:30",
        until="16:30",
    ),
    "no number left": Outage(
        "GoCardless, 6 April 2018: the log of a database has no number left, every request ends with status 500 for 27 minutes",
        begin="15:04",
        flows={"mandates": WatchedFlow(200, [Part("15:04", "15:31", 1, 1.0)], MONEY)},
        first=SEVERE,
        at={"15:08": SEVERE, "15:30": SEVERE},
        record=("P0",),
        mitigated="15:31",
        until="16:31",
    ),
    "carrier of a card network": Outage(
        "Interac, 8 July 2022 (Toronto): the only carrier fails before dawn; debit cards and transfers are silent until the evening",
        begin="04:45",
        flows={
            "debit": WatchedFlow(3000, [Part("04:45", "19:40", 0.0)], MONEY),
            "transfers": WatchedFlow(600, [Part("04:45", "19:40", 0.0)], MONEY),
        },
        first=SEVERE,
        at={"05:00": SEVERE, "08:00": ("P0",), "19:00": ("P0",)},
        record=("P0",),
        mitigated="19:40",
        until="20:40",
    ),
    "cloud region": Outage(
        "AWS us-east-1, 20 October 2025 (New York): a database's name resolves to nothing; who stands on it fails for three hours "
        "(aws.amazon.com/message/101925)",
        begin="02:48",
        flows={
            "wallet": WatchedFlow(
                3000,
                [Part("02:48", "05:25", 1, 0.8), Part("05:25", "05:40", 1, 0.3)],
                MONEY + 'depends_on = ["table"]\n',
            ),
            "statements": WatchedFlow(
                200, [Part("02:48", "05:40", 1, 0.5)], 'tier = "supporting"\ndepends_on = ["table"]\n'
            ),
        },
        probes={"table": [("02:48", "05:40")]},
        first=("P0", "P1", "P2"),
        at={"02:52": SEVERE, "05:00": ("P0",)},
        record=("P0",),
        mitigated="05:40",
        until="06:40",
    ),
    "scrubbing centre": Outage(
        "Akamai Prolexic, 17 June 2021 (Sydney): a routing table is full, and banks behind it cannot be reached until they route around it",
        begin="14:20",
        flows={
            "online-bank": WatchedFlow(3000, [Part("14:20", "15:30", 0.03)], 'outside = ["home"]\n' + MONEY),
            "app": WatchedFlow(600, [Part("14:20", "15:30", 0.03)], MONEY),
        },
        probes={"home": [("14:20", "15:30")]},
        of={"home": "online-bank"},
        first=SEVERE,
        at={"14:25": ("P0",), "15:20": ("P0",)},
        record=("P0",),
        mitigated="15:30",
        until="16:30",
        note="Users cannot reach us",
    ),
    "deploy of a payment form": Outage(
        "VTEX, 10 November 2023: a deploy breaks the choice of ways to pay; people look as ever, and nobody orders for 38 minutes",
        begin="12:28",
        flows={
            "browse": WatchedFlow(3000),
            "checkout": WatchedFlow(600, [Part("12:28", "12:51", 0.08), Part("12:51", "13:06", 0.5)], MONEY),
        },
        first=SEVERE,
        at={"12:32": SEVERE, "12:50": SEVERE},
        record=SEVERE,
        mitigated="13:06",
        until="14:06",
    ),
    "wrong rate of exchange": Outage(
        "Halkbank, 31 August 2018: dollars are sold at 3.72 lira in place of 6.55 for 38 minutes, and every system is green",
        begin="19:01",
        flows={"pay": WatchedFlow(600, more=MONEY + 'loss = "discounts.excess"\n')},
        money=lambda at: 120_000.0 * min(38.0, max(0.0, at - minute("19:01"))),
        first=SEVERE,
        at={"19:05": SEVERE, "19:20": ("P0",)},
        record=("P0",),
        mitigated="19:39",
        until="20:39",
    ),
}
