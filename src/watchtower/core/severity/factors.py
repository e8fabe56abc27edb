"""What features contribute to the severity of an incident, beside its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.core.indicators import Recovery


@dataclass(frozen=True, slots=True)
class Factors:
    """`overdue`: the time to resolve is over. `hides_fault`: what is measured does not say that the fault is gone.
    `recovery` is what became of the ways to recover that were tried, `duties` are legal duties that are triggered, and
    `duties_watch` those that may soon be."""

    overdue: bool = False
    hides_fault: bool = False
    recovery: Recovery | None = None
    duties: tuple[str, ...] = ()
    duties_watch: tuple[str, ...] = ()

    def plus(self, more: Factors) -> Factors:
        """Both together."""
        return Factors(
            self.overdue or more.overdue,
            self.hides_fault or more.hides_fault,
            self.recovery or more.recovery,
            self.duties + more.duties,
            self.duties_watch + more.duties_watch,
        )


NO_FACTORS = Factors()
