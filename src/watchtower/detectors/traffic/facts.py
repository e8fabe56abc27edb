"""Names of the measurements for rules, and what they mean."""

from __future__ import annotations

from watchtower.model import Fact, Facts, Unit

FACTS: Facts = {
    "traffic.silent": Fact.bool("nothing comes, and that is no chance; or nothing for `zero_for`"),
    "traffic.silent_for": Fact.number("measured time without a request", Unit.SECONDS),
    "traffic.onset": Fact.number("when it began to be silent or low", Unit.INSTANT),
    "traffic.rate": Fact.number("requests per second in the last poll", Unit.PER_SECOND),
    "traffic.known": Fact.bool("there are enough samples, or a declaration, to evaluate a silence"),
    "traffic.expected": Fact.number("requests per second expected now", Unit.PER_SECOND),
    "traffic.expected_low": Fact.number("nine times in ten it is above this", Unit.PER_SECOND),
    "traffic.expected_high": Fact.number("and below this", Unit.PER_SECOND),
    "traffic.missing": Fact.number("requests expected that have not come since it is silent or low"),
    "traffic.anomaly_score": Fact.number("how unlikely the silence is by chance: 6 is one in a million"),
    "traffic.ratio": Fact.number("requests / expected over the last minute", Unit.RATIO),
    "traffic.ratio_5m": Fact.number("requests / expected over the last five minutes", Unit.RATIO),
    "traffic.ratio_since_onset": Fact.number("requests / expected since the onset", Unit.RATIO),
    "traffic.ratio_since_onset_low": Fact.number(
        "nine times in ten the true share is above this", Unit.RATIO
    ),
    "traffic.ratio_since_onset_high": Fact.number("and below this", Unit.RATIO),
    "traffic.low": Fact.bool(
        "requests come, but too few to be chance; or nothing proves yet that they are back"
    ),
    "traffic.surge": Fact.bool("more requests came over minutes or an hour than chance explains"),
    "traffic.backlog": Fact.bool("more came than usual after an outage, and no more than it held back"),
    "traffic.clock_moved": Fact.number(
        "by how much the daily timetable has moved against `zone`: a zone may be missing", Unit.SECONDS
    ),
    "traffic.over_capacity": Fact.bool("the last minute's rate is at or above `capacity`"),
    "traffic.capacity_in": Fact.number(
        "until `capacity` is reached if it rises on like this; 3650 days while it does not rise", Unit.SECONDS
    ),
    "traffic.success_ratio": Fact.number(
        "1 - errors / requests over the last five minutes; unknown while one to four of under 100 failed",
        Unit.RATIO,
    ),
    "traffic.season_known": Fact.bool("what is usual at this time of the week has been learnt"),
}
