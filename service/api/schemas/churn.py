"""What is told of a person's churn."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from service.api.schemas.base import Probability, Shown


class ChurnItem(Shown):
    """Hours of a weekday, on the person's own clock, that fill up before they come clearly more often than their others."""

    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    start: str = Field(examples=["15:00"])
    end: str = Field(examples=["17:00"])
    within_days: int = Field(description="Free this many days before, taken when they came. 0: on the day itself.")
    share: Probability = Field(description="How often, drawn towards the person's usual by how little was seen.")
    usual: Probability = Field(description="How often the person's other hours of this sort do.")
    hours: int = Field(description="How many such hours were seen free that many days before.")
    taken: int = Field(description="How many of those were taken when they came.")
    text: str


class ChurnShown(Shown):
    """What looks at the person's free/busy add up to."""

    wanted: bool = Field(description="`preferences.churn`: whether anything is kept.")
    weeks: int = Field(description="Whole weeks seen so far, half a year at most.")
    weeks_needed: int
    basis: Literal["prior", "learned"] = Field(description="Whether slots are scored with it yet.")
    items: list[ChurnItem]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "wanted": True,
                    "weeks": 14,
                    "weeks_needed": 4,
                    "basis": "learned",
                    "items": [
                        {
                            "weekday": "tue",
                            "start": "15:00",
                            "end": "17:00",
                            "within_days": 2,
                            "share": 0.61,
                            "usual": 0.12,
                            "hours": 22,
                            "taken": 15,
                            "text": "Your Tuesdays 15–17 h fill up in the last two days.",
                        }
                    ],
                }
            ]
        }
    )
