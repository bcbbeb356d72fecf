"""What an event of each type tells in public and what it seals, one file a subject. Append only."""

from collections.abc import Mapping
from types import MappingProxyType

from fairplate.audit.event_types import EventForm, EventType
from fairplate.audit.forms import alerts, cases, deployment, log, vault

FORMS: Mapping[EventType, EventForm] = MappingProxyType(
    {
        event_type: form
        for event_type in EventType
        for subject in (deployment, vault, alerts, cases, log)
        for known, form in subject.FORMS.items()
        if known is event_type
    }
)
"""Every type's form, in the order of the list."""
