"""What people's decisions say of the model: how many parts escape, and how many are false alarms.

People look at every flagged part, at every part close to the threshold, and at a random
audit sample of the parts that passed. Each of these groups is weighted back to the parts it
stands for: with 1,000 parts passed, 50 of them audited and one found defective, 20 are
estimated to have been missed. The escape rate's bound takes the audit sample alone and is
exact: Clopper and Pearson, Biometrika 1934. Decided first are the parts close to the
threshold, where misses are likelier, so a sample that is decided in part errs to the safe side.

    escapes = escape_rate(misses=0, audited=299)
    escapes.bound        # 0.00997: at most 1.0 % of the passed parts are defective (95 %)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.model.metrics import upper_bound
from core.review.decisions import Decision, margin

AGREEMENT = 0.75
"""Cohen's kappa that counts as good agreement (AIAG, Measurement Systems Analysis)."""


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that people look at by one rule."""

    parts: int
    """All that were produced of this kind, looked at or not."""
    defective: int
    """Of those looked at: found defective."""
    ok: int
    """Of those looked at: found OK."""

    @property
    def defective_share(self) -> float | None:
        """Share of defective parts among those looked at; None where nobody looked."""
        seen = self.defective + self.ok
        return self.defective / seen if seen else None


@dataclass(frozen=True, slots=True)
class Production:
    """The parts that got the verdict "defective" or "ok", and what people found."""

    flagged: Group
    borderline: Group
    """Passed, close to the threshold: every one is queued."""
    passed: Group
    """Passed, the rest: only those of the audit sample are looked at."""
    audited: Group
    """The audit sample, borderline parts included; ``parts`` counts all that were drawn."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The confusion matrix of the whole production, in parts; None where nobody looked yet."""

    caught: float | None
    missed: float | None
    false_alarms: float | None
    passed: float | None

    @property
    def recall(self) -> float | None:
        """Share of the defective parts that the model caught."""
        return _share(self.caught, self.missed)

    @property
    def precision(self) -> float | None:
        """Share of the flagged parts that are defective."""
        return _share(self.caught, self.false_alarms)

    @property
    def false_alarm_rate(self) -> float | None:
        """Share of the OK parts that the model flagged."""
        return _share(self.false_alarms, self.passed)


@dataclass(frozen=True, slots=True)
class EscapeRate:
    """How many of the passed parts are defective, by the audit sample."""

    misses: int
    audited: int
    estimate: float | None
    bound: float | None
    """Exact one-sided 95 % upper bound; None without an audited part."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two people agree who decided the same parts, the second without knowing it."""

    parts: int
    agreed: int
    kappa: float | None
    """Cohen's kappa; None where it is undefined: no part, or one and the same answer to all."""


def estimate(production: Production) -> Estimate:
    """The whole production's confusion matrix from what was looked at."""
    flagged, borderline, rest = production.flagged, production.borderline, production.passed
    caught = _defective_parts(flagged)
    missed = _sum(_defective_parts(borderline), _defective_parts(rest))
    return Estimate(
        caught=caught,
        missed=missed,
        false_alarms=None if caught is None else flagged.parts - caught,
        passed=None if missed is None else borderline.parts + rest.parts - missed,
    )


def escape_rate(misses: int, audited: int) -> EscapeRate:
    """The escape rate of ``audited`` randomly drawn passed parts, ``misses`` of them defective."""
    share = misses / audited if audited else None
    return EscapeRate(misses, audited, share, upper_bound(misses, audited))


def agreement(pairs: Sequence[tuple[Decision, Decision]]) -> Agreement:
    """Cohen's kappa of two people's decisions about the same parts.

    kappa = (observed - expected) / (1 - expected): agreement beyond what chance would give
    (Cohen, Educational and Psychological Measurement 1960).
    """
    agreed = sum(first == second for first, second in pairs)
    if not pairs:
        return Agreement(0, 0, None)
    total = len(pairs)
    firsts = Counter(first for first, _ in pairs)
    seconds = Counter(second for _, second in pairs)
    by_chance = sum(firsts[decision] * seconds[decision] for decision in firsts)
    if by_chance == total * total:
        return Agreement(total, agreed, None)
    return Agreement(total, agreed, (agreed * total - by_chance) / (total * total - by_chance))


def contradiction(decision: Decision, log_odds: float, threshold: float) -> float | None:
    """Log-odds by which the model's score lies on the other side of what the person decided.

    The largest are label suspects: either the model or the person is clearly wrong. Negative
    where both agree; None for decisions that say neither defective nor OK.
    """
    above = margin(log_odds, threshold)
    if above is None or decision not in (Decision.DEFECTIVE, Decision.OK):
        return None
    return -above if decision is Decision.DEFECTIVE else above


def _defective_parts(group: Group) -> float | None:
    if not group.parts:
        return 0.0
    share = group.defective_share
    return None if share is None else group.parts * share


def _share(part: float | None, rest: float | None) -> float | None:
    whole = _sum(part, rest)
    return part / whole if part is not None and whole else None


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second
