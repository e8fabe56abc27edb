"""What each location last said of a series: its vote. A vote counts for a few intervals; one that is missing is none.

down      where at least `quorum` locations see it down
up        where so many see it up that the quorum cannot be reached
unknown   else, with the reason `no_quorum`
"""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.locations.combine import combined
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.sources import Series
from watchtower.model import Instant, Observation, Outcome, Text
from watchtower.values import Mutable, field, replace

FRESH, LEAST = 3.0, 15.0
"""A vote counts for so many times `every`, for so many seconds at least, and for the check's timeout besides."""


def fresh_for(check: Check) -> float:
    """Seconds for which a vote on this check counts."""
    return max(FRESH * check.every, LEAST) + check.timeout


def verdict(down: int, up: int, total: int, quorum: int) -> Outcome:
    """Of these votes, of `total` locations. Both cannot hold: together they would be more than there are."""
    if down >= quorum:
        return Outcome.DOWN
    return Outcome.UP if up > total - quorum else Outcome.UNKNOWN


class _Ballot(Mutable):
    """The votes on one series by location; who voted since they were last combined, and what came of it then."""

    votes: dict[str, Observation] = field(default_factory=dict)
    voted: set[str] = field(default_factory=set)
    said: Outcome = Outcome.UNKNOWN


class Votes:
    """Every vote that may still count. Time is that of the engine; a location's own order is kept by its times."""

    def __init__(self) -> None:
        self._ballots: dict[Series, _Ballot] = {}
        self._titles: Mapping[str, Text] = {}
        self.now: Instant = 0.0

    def follow(self, plan: Plan, at: Instant) -> None:
        """Adopts a plan; what changed of a check, `keep` is told."""
        self.now = at
        self._titles = {name: one.title for name, one in plan.locations.items()}

    def keep(self, series: Series, check: Check | None) -> None:
        """Keeps the votes of the locations that the check still has."""
        ballot = self._ballots.pop(series, None)
        if ballot is not None and check is not None and check.locations:
            there = {name: vote for name, vote in ballot.votes.items() if name in check.locations}
            self._ballots[series] = _Ballot(there, ballot.voted & there.keys(), ballot.said)

    def drop(self, series: Series) -> None:
        """It is measured no more."""
        self._ballots.pop(series, None)

    def shift(self, by: float) -> None:
        """The clock was set."""
        for ballot in self._ballots.values():
            ballot.votes = {name: replace(vote, at=vote.at + by) for name, vote in ballot.votes.items()}

    def counts(self, check: Check, vote: Observation) -> bool:
        """Whether this is a vote, and newer than the last one of its location. What comes twice or late is none."""
        self.now = max(self.now, vote.at)
        ballot = self._ballots.setdefault((check.name, vote.reading.series), _Ballot())
        last = ballot.votes.get(vote.location)
        if vote.location not in check.locations or (last is not None and vote.at <= last.at <= self.now):
            return False
        ballot.votes[vote.location] = vote
        return True

    def combined(self, check: Check, vote: Observation) -> Observation | None:
        """What follows from the votes now that this one is in: once a round, and at once where the outcome is another.
        None: nothing yet."""
        ballot = self._ballots[check.name, vote.reading.series]
        again = vote.location in ballot.voted
        ballot.voted.add(vote.location)
        votes = self.of(check, vote.reading.series)
        outcome = self._outcome(check, votes)
        turned = outcome is not ballot.said and outcome is not Outcome.UNKNOWN
        if not (turned or again or len(ballot.voted) == len(check.locations)):
            return None
        if again:
            ballot.voted = {vote.location}
        elif len(ballot.voted) == len(check.locations):
            ballot.voted = set()
        ballot.said = outcome
        return combined(check, vote.reading.series, votes, outcome, self._titles, self.now)

    def of(self, check: Check, series: str) -> Mapping[str, Observation | None]:
        """The vote of each location, in the check's order; None where it has none that counts."""
        ballot = self._ballots.get((check.name, series)) or _Ballot()
        fresh = fresh_for(check)
        votes = {name: ballot.votes.get(name) for name in check.locations}
        return {
            name: vote if vote is not None and abs(self.now - vote.at) <= fresh else None
            for name, vote in votes.items()
        }

    def _outcome(self, check: Check, votes: Mapping[str, Observation | None]) -> Outcome:
        seen = [vote.reading.outcome for vote in votes.values() if vote is not None]
        return verdict(seen.count(Outcome.DOWN), seen.count(Outcome.UP), len(votes), check.quorum)
