"""Programmes, their history, and how the forecasts do on it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from service.api.schemas.base import Changes, Given, Shown, Text, Time
from service.api.schemas.pairs import Budget, Cadence, CadenceShown, Minutes
from service.app.rank_slots import LONGEST_HORIZON

PROGRAMME_ID = "prog_01k0a7m9s8e4v2b6c3d5f7g9h1"
Name = Annotated[Text, Field(min_length=1, max_length=200)]
Zone = Annotated[Text, Field(max_length=64, examples=["Europe/Berlin"])]
Horizon = Annotated[int, Field(ge=1, le=LONGEST_HORIZON, description="How many days a proposal looks ahead.")]
Group = Annotated[int, Field(ge=1, le=1000, description="Reports show no figure of fewer pairs than this.")]


class NewProgramme(Given):
    """Many pairs under one coordinator."""

    name: Name
    time_zone: Zone = "UTC"
    cadence: Cadence = Field(default=Cadence(every=1, unit="month"))
    duration_minutes: Minutes = 60
    horizon_days: Horizon = 28
    move_budget: Budget | None = None
    minimum_group: Group = 5

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "First-time leaders 2026",
                    "time_zone": "Europe/Berlin",
                    "cadence": {"every": 2, "unit": "week"},
                    "duration_minutes": 60,
                    "horizon_days": 28,
                    "move_budget": 2,
                    "minimum_group": 5,
                }
            ]
        }
    )


class ProgrammeChanges(Changes):
    """What can be changed of a programme."""

    name: Name = Field(default_factory=str)
    time_zone: Zone = Field(default_factory=str)
    cadence: Cadence = Field(default_factory=lambda: Cadence(unit="month"))
    duration_minutes: Minutes = Field(default_factory=int)
    horizon_days: Horizon = Field(default_factory=int)
    move_budget: Budget | None = Field(default_factory=lambda: None)
    minimum_group: Group = Field(default_factory=int)


class ProgrammeShown(Shown):
    """Many pairs under one coordinator."""

    id: str = Field(examples=[PROGRAMME_ID])
    name: str
    time_zone: str
    cadence: CadenceShown
    duration_minutes: int
    horizon_days: int
    move_budget: int | None
    minimum_group: int
    created_at: Time
    version: int


class ImportShown(Shown):
    """A history file that was taken, in figures."""

    id: str = Field(examples=["imp_01k0a7m9s8e4v2b6c3d5f7g9h1"])
    programme_id: str = Field(examples=[PROGRAMME_ID])
    rows: int
    added: int
    replaced: int = Field(description="Meetings that an earlier import had brought: now as this file tells them.")
    already_recorded: int = Field(description="Meetings that Holdfast booked itself: they are not taken twice.")
    placeholders: int = Field(description="At midnight or a whole day long: kept, and nobody's memory hears of them.")
    people_matched: int = Field(description="People of this installation whom the file names, by id or e-mail address.")
    pairs_matched: int
    created_at: Time


class ProgrammeLink(Given):
    """What the address shows."""

    purpose: Literal["backtest"] = "backtest"

    model_config = ConfigDict(json_schema_extra={"examples": [{"purpose": "backtest"}]})


class ProgrammeLinkShown(Shown):
    """A signed address."""

    url: str
    purpose: Literal["backtest"]
    expires_at: Time


class IntervalShown(Shown):
    """A figure, and where it lies with a chance of 95 %."""

    value: float
    low: float
    high: float


class ModelFigures(Shown):
    """Log loss and Brier: lower is better. `ece`: how far forecast and share lie apart, on average."""

    log_loss: float
    brier: float
    ece: float
    auc: float | None


class ReliabilityBin(Shown):
    """Meetings whose forecast lay between `low` and `high`."""

    low: float
    high: float
    meetings: int
    forecast: float
    held: float


class PastFigures(Shown):
    """Meetings of pairs with so many earlier ones known."""

    from_: int = Field(alias="from")
    to: int | None
    meetings: int
    auc: float | None


class WithinShown(Shown):
    """Of two meetings of one pair, booked equally far ahead, one of which held: how often it had the better forecast."""

    auc: IntervalShown | None
    comparisons: int
    pairs: int


class Learnt(Shown):
    """What the history supports. A `k` of null: no differences are seen, so none are assumed."""

    from_: int = Field(alias="from", description="Known meetings.")
    k: dict[str, float | None]
    drift_half_life_days: float | None


class BacktestShown(Shown):
    """How the forecasts do on what is recorded, each with only what was known when the meeting was booked."""

    rows: int
    judged: int
    pairs: int
    placeholders: int
    outcome_unknown: int
    held_share: float | None
    first_booked_at: Time | None
    last_booked_at: Time | None
    recorded_until: Time
    models: dict[str, ModelFigures] = Field(
        description="`holdfast`, `base_rate` and `lead_only`; empty without meetings."
    )
    log_loss_gain: dict[str, IntervalShown]
    reliability: list[ReliabilityBin]
    auc_by_past_meetings: list[PastFigures]
    within_pair_at_equal_lead: WithinShown
    within_pair_at_equal_lead_whole_forecast: WithinShown
    predicts: bool = Field(description="Whether it may be claimed to predict which of two times holds.")
    learnt: Learnt
    choice: dict[str, Any] | None
    claims: list[str] = Field(description="What may be said, in plain words.")


class VersionShown(Shown):
    """The global terms of the hold model as they were fitted once."""

    id: str = Field(examples=["mdl_01k0a7m9s8e4v2b6c3d5f7g9h1"])
    active: bool
    verdict: str
    trained_on: dict[str, Any] = Field(description="`rows`, `from`, `to` and a `hash` of them.")
    terms: dict[str, Any] = Field(description="`values` by name, `k` of the frailties (null: none), latest `drift`.")
    metrics: dict[str, Any]
    created_at: Time
    activated_at: Time | None


class ModelInUse(Shown):
    """What slots are scored with."""

    version_id: str | None = Field(description="null: the prior, for no version is active.")
    trained_on: int
