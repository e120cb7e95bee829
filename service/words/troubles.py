"""Sentences of expected failures that people may meet behind a one-tap button, marked for translation: the failures
themselves are raised where no language is spoken."""

from __future__ import annotations

from service.words import later

MET_ON_THE_WAY = (
    later("One of the two is no longer here."),
    later("That slot lies in the past."),
    later("This meeting has not begun yet."),
    later("This meeting is over; say instead whether it took place."),
    later("This meeting was called off."),
    later("This pair has ended."),
    later("This pair has ended; restart it to meet again."),
    later("This pair rests; resume it to meet again."),
    later("This proposal has run out; ask for a new one."),
    later("This review is over; the pair's page shows what came of it."),
    later("This was settled meanwhile; your page shows how it stands."),
    later("There is nothing to say about a last meeting now; the pair's page shows how it stands."),
    later("Say first that this meeting took place."),
    later("Another meeting has taken that time."),
    later("One of you is no longer free at that time."),
    later("A calendar cannot be read at the moment, so nobody can say that this time is free. Try again shortly."),
)
