"""What features contribute to the severity of an incident, beside its numbers."""

from __future__ import annotations

from watchtower.core.indicators import Recovery
from watchtower.values import Frozen


class Factors(Frozen):
    """`overdue`: the time to resolve is over. `hides_fault`: what is measured does not say that the fault is gone.
    `recovery` is what became of the ways to recover that were tried, `duties` are legal duties that are triggered, and
    `duties_apart` those
    of them that tell of a harm of their own."""

    overdue: bool = False
    hides_fault: bool = False
    recovery: Recovery | None = None
    duties: tuple[str, ...] = ()
    duties_apart: tuple[str, ...] = ()

    def plus(self, more: Factors) -> Factors:
        """Both together."""
        return Factors(
            self.overdue or more.overdue,
            self.hides_fault or more.hides_fault,
            self.recovery or more.recovery,
            self.duties + more.duties,
            self.duties_apart + more.duties_apart,
        )


NO_FACTORS = Factors()
