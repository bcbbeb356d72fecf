"""The numbers of a log that somebody may want to know, counted from its events."""

from collections.abc import Mapping
from types import MappingProxyType

FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "policy": "the name of the policy in force",
        "reads_kept_s": "for how many seconds it keeps reads that matched nothing",
        "hits_kept_s": "for how many seconds it keeps hits",
        "look_back_s": "for how many seconds it lets a case look back",
        "approvals": "how many other people it asks to approve a search",
        "readers": "readers that are enrolled",
        "people": "people who have a role",
        "cases_opened": "cases that were opened",
        "cases_approved": "cases that enough people approved",
        "cases_refused": "cases that somebody refused",
        "cases_closed": "cases that were closed",
        "searches": "times that a grant was used to open reads",
        "searches_exigent": "of these, in an emergency",
        "searches_exigent_refused": "emergency searches that were refused afterwards",
        "holds": "times that a case held records past their time",
        "exports": "times that something was taken out",
        "subject_reports": "drivers who were told of their own plate",
        "lists": "hot lists that are in force",
        "batches_imported": "batches of entries that came into force",
        "alerts_raised": "alerts that were raised",
        "alerts_confirmed": "alerts that a person confirmed",
        "alerts_wrong": "alerts that a person found wrong",
        "alerts_expired": "alerts that nobody looked at in time",
        "alerts_mistaken": "confirmed alerts that met the wrong vehicle",
        "suspensions": "times that a list or a reader was suspended from alerting",
        "suspended": "lists and readers that are suspended now",
        "keys_made": "keys that were made",
        "keys_destroyed": "keys that were destroyed",
        "keys_living": "keys that live",
        "keys_late": "keys that were destroyed late, or are overdue",
        "reviews_drawn": "searches that were picked to be reviewed",
        "reviews_done": "searches that were reviewed",
        "reviews_questioned": "of these, questioned",
        "overdue_reviews": "searches that were picked and not reviewed in 30 days",
        "witnesses": "witnesses that are asked",
        "quorum": "how many of them make a checkpoint witnessed",
        "events_opened": "times that the sealed part of an event was shown",
        "sign_ins_failed": "times that somebody could not sign in",
        "backups": "backups that were made",
        "restores": "times that a restored database took events back",
    }
)
"""Every fact in order, and what it says. The first five are absent before a policy is set."""

BY_TYPE: Mapping[str, str] = MappingProxyType(
    {
        "cases_closed": "case.closed",
        "searches": "grant.used",
        "holds": "hold.placed",
        "exports": "export.made",
        "subject_reports": "subject.reported",
        "batches_imported": "batch.imported",
        "alerts_raised": "alert.raised",
        "suspensions": "alerting.suspended",
        "events_opened": "event.opened",
        "sign_ins_failed": "sign-in.failed",
        "backups": "backup.made",
        "restores": "log.restored",
    }
)
"""Facts that are the number of events of one type."""
