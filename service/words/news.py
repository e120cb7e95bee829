"""What is told at once, beside invitations."""

from __future__ import annotations

from service.words import _
from service.words.letter import Action, Letter, Section

PROVIDER_NAMES = {"google": "Google", "microsoft": "Microsoft"}


def disconnected(provider: str, which: str, reader: str, link: str) -> Letter:
    """Access to a calendar has ended: nobody's fault, what it means, and where it is put right."""
    kind = PROVIDER_NAMES.get(provider, provider)
    named = (
        _("{kind} calendar ({which})").format(kind=kind, which=which)
        if which
        else _("{kind} calendar").format(kind=kind)
    )
    title = _("Your {kind} calendar is no longer connected").format(kind=kind)
    return Letter(
        subject=title,
        greeting=_("Dear {name},").format(name=reader),
        sections=(
            Section(
                title=title,
                lines=(
                    _("Holdfast can no longer read your {calendar}: the access was withdrawn or has run out.").format(
                        calendar=named
                    ),
                    _(
                        "Until it is connected again nobody can tell when you are free, so no new times are proposed. "
                        "Everything that is booked stays as it is."
                    ),
                ),
                actions=(Action(_("Connect it again"), link),),
            ),
        ),
    )
