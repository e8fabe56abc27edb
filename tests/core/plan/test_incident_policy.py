"""How long an incident is calm before it is over, as the docs say it."""

from watchtower.core.plan.incident import IncidentPolicy
from watchtower.model import Severity


def test_p0_and_p1_are_watched_for_an_hour_the_others_for_ten_minutes() -> None:
    calm = IncidentPolicy().resolve_after
    assert [calm[level] for level in Severity] == [3600.0, 3600.0, 600.0, 600.0, 600.0]
