"""What becomes of every column when a person asks for their data, and when they ask to be forgotten.

Every column of every table stands here, and a test walks over all of them: a new column that is not declared fails it, and
so does one that is not given out, or not gone, as it is declared. Words for the fates:

- ``GIVEN``   stands in the export of the person it is about; when they are forgotten the row goes, or the words in it
- ``SHARED``  stands in the export; it belongs to both people of a pair, stays, and names nobody: times, counts, codes, ids
- ``INNER``   how Holdfast works on it (versions, locks, sealed secrets, what a provider called it): no data about a person
  worth giving out; when they are forgotten the row goes, or the value in it
- ``PLAIN``   stays, and tells nothing of a person once their name and address are gone: ids, counters, codes, instants
- ``NOBODY``  is about no person at all
"""

from __future__ import annotations

from enum import StrEnum


class Fate(StrEnum):
    """See above."""

    GIVEN = "given"
    SHARED = "shared"
    INNER = "inner"
    PLAIN = "plain"
    NOBODY = "nobody"


_DECLARED: dict[str, dict[Fate, str]] = {
    "person": {
        # The zone and the numbers stay: the partner's history is told on a clock, and no number names anybody.
        Fate.GIVEN: "name email working_hours windows holidays language",
        Fate.SHARED: "id time_zone min_notice_hours buffer_minutes max_meetings_per_day mails_per_week quiet_from "
        "quiet_until churn created_at version",
        Fate.INNER: "feed_secret feed_hash churn_table",
        Fate.PLAIN: "hours_given link_generation claim_lock erased_at",
    },
    "calendar": {
        Fate.GIVEN: "id person_id provider status access name is_primary counts writable server_invites settings synced_at "
        "problem problem_text version created_at busy",
        Fate.INNER: "secret sync_state expanded_until failures retry_at refreshing_until",
    },
    "sign_in": {Fate.INNER: "state_hash calendar_id provider keep expires_at"},
    "watch": {Fate.INNER: "id calendar_id resource_id token_hash expires_at"},
    # What is held of an event in somebody's own calendar is when it takes time, and that is given out as ``busy``.
    "remote_event": {Fate.INNER: "id calendar_id remote_id uid etag skeleton spans"},
    "local_event": {
        Fate.GIVEN: "id calendar_id title start end transparent meeting_id version",
        Fate.INNER: "uid sequence change deleted",
    },
    "churn": {Fate.GIVEN: "person_id looks told", Fate.INNER: "next_look_at zone calendars totals"},
    "pair": {
        Fate.GIVEN: "focus objectives next_step",
        Fate.SHARED: "id mentor_id mentee_id kind cadence_every cadence_unit duration_minutes programme_id move_budget "
        "conference rules late_hours status paused_until sessions_agreed farewell created_at version",
        Fate.PLAIN: "next_step_at sessions_since review_due_at changing farewell_until lock",
    },
    "proposal": {
        Fate.SHARED: "id pair_id status purpose meeting_id responder complete declined_because duration_minutes created_at "
        "expires_at",
        Fate.PLAIN: "horizon_days basis model about_sequence nudge_at",
    },
    "proposal_slot": {
        Fate.SHARED: "id start end kind hold_probability low high reasons",
        Fate.PLAIN: "proposal_id rank facts among",  # what the hold model saw: counts and distances
    },
    "meeting": {
        Fate.SHARED: "id pair_id proposal_id status sequence start end first_start kind hold_probability ics_uid organizer "
        "calendar_id booking_status mentor_answer mentee_answer mentor_proposed mentee_proposed mentor_says mentee_says "
        "scored_at scored_probability created_at version",
        Fate.INNER: "remote_id etag booking_problem",
        Fate.PLAIN: "slot_id first_kind first_outcome first_outcome_at first_facts server_invites known_start known_end "
        "written_sequence outcome_asked cared_at",
    },
    "meeting_change": {
        Fate.SHARED: "meeting_id kind sequence old_start old_end new_start new_end role confidence detected_via seen_at "
        "notice_minutes late reason_code",
        Fate.PLAIN: "id",
    },
    "claim": {Fate.PLAIN: "meeting_id person_id start end"},  # the time of a meeting once more, to keep others off it
    "held_slot": {Fate.GIVEN: "start end kind hold_probability", Fate.INNER: "meeting_id person_id pair_id"},
    "pair_loop": {
        Fate.SHARED: "mentor_auto_confirm mentee_auto_confirm",  # each is given their own
        Fate.PLAIN: "pair_id look_at turn slipping drifting",
    },
    "ledger_entry": {Fate.SHARED: "id pair_id at type data", Fate.PLAIN: "seq"},
    "worth_mark": {Fate.GIVEN: "meeting_id person_id worth", Fate.INNER: "created_at"},
    "review": {Fate.SHARED: "id pair_id status because agreed opened_at closes_at settled_at"},
    "review_choice": {Fate.GIVEN: "review_id person_id choice", Fate.INNER: "created_at"},
    "farewell_wish": {Fate.GIVEN: "pair_id person_id wish", Fate.INNER: "created_at"},
    # Who wrote a note is not kept, so it is nobody's to be given; it goes when either of the two is forgotten.
    "handover_note": {Fate.INNER: "id pair_id text created_at"},
    "drift_offer": {Fate.PLAIN: "id pair_id opened_at closed_at"},
    "ask": {
        Fate.GIVEN: "person_id pair_id kind about created_at mailed_at closed_at",
        Fate.INNER: "id facts useless_after due_at mail_id",
    },
    "mail": {
        Fate.GIVEN: "person_id subject text status created_at",
        Fate.INNER: "id meeting_id pair_id sequence method asks html draft problem sent_at",
    },
    # Which answer by mail was the newest, so that an older one cannot undo it; the answer itself stands at the meeting.
    "mailed_answer": {Fate.PLAIN: "meeting_id seat sequence stamp taken"},
    "mailbox": {Fate.NOBODY: "address validity last"},  # Holdfast's own
    # Out of history files: once the person is forgotten, ids without a name.
    "past_meeting": {
        Fate.SHARED: "pair_id mentor_id mentee_id booked_at first_start minutes time_zone kind outcome outcome_at",
        Fate.PLAIN: "id programme_id import_id placeholder",
    },
    "programme": {
        Fate.NOBODY: "id version name time_zone cadence_every cadence_unit duration_minutes horizon_days move_budget "
        "minimum_group link_generation created_at"
    },
    "history_import": {
        Fate.NOBODY: "id programme_id rows added replaced already_recorded placeholders people_matched pairs_matched "
        "created_at"
    },
    # Bodies hold ids, seats and times; the log is pruned after a month.
    "webhook_event": {Fate.PLAIN: "id type body created_at"},
    "webhook_delivery": {
        Fate.PLAIN: "id endpoint_id event_id status attempts run next_attempt_at created_at delivered_at"
    },
    "webhook_attempt": {Fate.PLAIN: "id delivery_id number at status error milliseconds"},
    "idempotency": {Fate.PLAIN: "caller key fingerprint resource_id created_at"},  # a week; never under a person's name
    "webhook_endpoint": {
        Fate.NOBODY: "id version url types secret previous_secret previous_until status disabled_because served "
        "created_at"
    },
    "api_key": {Fate.NOBODY: "id name scope hash created_at revoked_at"},
    "model_version": {
        Fate.NOBODY: "id terms metrics rows rows_from rows_to rows_hash verdict active created_at activated_at"
    },
    "provider_call": {Fate.NOBODY: "provider operation outcome total"},
}

FATES: dict[tuple[str, str], Fate] = {
    (table, column): fate
    for table, fates in _DECLARED.items()
    for fate, columns in fates.items()
    for column in columns.split()
}

# Rows that go with the person: found by these columns after somebody was forgotten, they were left behind.
GOING = {
    "calendar": "person_id",
    "sign_in": "calendar_id",
    "watch": "calendar_id",
    "remote_event": "calendar_id",
    "local_event": "calendar_id",
    "churn": "person_id",
    "held_slot": "person_id",
    "worth_mark": "person_id",
    "review_choice": "person_id",
    "farewell_wish": "person_id",
    "handover_note": "pair_id",
    "ask": "person_id",
    "mail": "person_id",
}
