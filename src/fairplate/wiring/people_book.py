"""The people of one deployment: who may come in, and as what. Each method is one transaction."""

from dataclasses import dataclass, replace

from fairplate.audit.log import Recorder
from fairplate.audit.words import Role
from fairplate.deployment.invites import Invite, invite_again, invite_person
from fairplate.deployment.people import Person, change_role, disable_person, read_people
from fairplate.deployment.people_key import PeopleKey
from fairplate.storage.database import Database


@dataclass(frozen=True, slots=True)
class PeopleBook:
    """The people; the recorder says who acts."""

    database: Database
    recorder: Recorder
    key: PeopleKey

    def acting_as(self, person_id: str) -> "PeopleBook":
        """Return the same book for somebody else's acts."""
        return replace(self, recorder=replace(self.recorder, actor=person_id))

    def all(self) -> tuple[Person, ...]:
        """Return everybody who was ever invited, in that order."""
        with self.database.reading() as connection:
            return tuple(read_people(connection, self.key).values())

    def has_administrator(self) -> bool:
        """Say whether somebody is, or is invited to be, administrator."""
        return any(one.role is Role.ADMINISTRATOR and one.disabled_at is None for one in self.all())

    def invite(self, name: str, address: str, role: Role) -> Invite:
        """Return an invite for somebody new."""
        with self.database.transaction() as connection:
            return invite_person(
                connection, self.recorder, self.key, name=name, address=address, role=role
            )

    def invite_again(self, person_id: str) -> Invite:
        """Return a new invite for somebody who lost the last one, or their passkeys."""
        with self.database.transaction() as connection:
            return invite_again(connection, self.recorder, self.key, person_id)

    def change_role(self, person_id: str, role: Role) -> None:
        """Give a person another role."""
        with self.database.transaction() as connection:
            change_role(connection, self.recorder, self.key, person_id, role)

    def disable(self, person_id: str) -> None:
        """Let a person in no more."""
        with self.database.transaction() as connection:
            disable_person(connection, self.recorder, self.key, person_id)
