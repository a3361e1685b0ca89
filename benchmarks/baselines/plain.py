"""Two plain ways with a database of their own: a loop over objects, and a table of pre-computed events.

Both know less than the product: a recipient has one date, a role and a consent; nothing is held, capped or
explained. A message is found, written, claimed and recorded; sending is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

_SPREAD = 913  # days over which the recipients' dates lie


class Base(DeclarativeBase):
    """The tables of this file."""


class Recipient(Base):
    __tablename__ = "recipients"
    id: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[date] = mapped_column(index=True)
    role: Mapped[str]
    agreed: Mapped[bool]
    language: Mapped[str]


class Message(Base):
    __tablename__ = "messages"
    __table_args__ = (sa.UniqueConstraint("recipient_id", "step"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("recipients.id"))
    step: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)


class Event(Base):
    """One message that will be due: RapidPro calls it a fire."""

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("recipients.id"), index=True)
    step: Mapped[int]
    fires_on: Mapped[date] = mapped_column(index=True)


class Plain:
    """A database of so many recipients, and `steps` days after whose date a message is due."""

    def __init__(self, folder: Path, recipients: int, steps: Sequence[int], today: date) -> None:
        for left in folder.glob("plain.db*"):
            left.unlink()
        self.engine = sa.create_engine(f"sqlite:///{folder}/plain.db")
        self.steps, self.today = steps, today
        Base.metadata.create_all(self.engine)
        first = today - timedelta(days=_SPREAD)
        rows = [
            {"id": number, "due_on": first + timedelta(days=number % _SPREAD), "role": "mother",
             "agreed": True, "language": "en"}
            for number in range(1, recipients + 1)
        ]  # fmt: skip
        with self.engine.begin() as conn:
            conn.execute(sa.insert(Recipient), rows)

    def loop(self, most: int) -> int:
        """Look at every recipient, write what is due one by one; then send one by one."""
        made, due = 0, {self.today - timedelta(days=step): step for step in self.steps}
        with Session(self.engine, expire_on_commit=False) as session:
            for recipient in session.scalars(sa.select(Recipient)).all():
                step = due.get(recipient.due_on)
                if step is None or not recipient.agreed or made == most:
                    continue
                if not self._there(session, recipient, step):
                    session.add(Message(recipient_id=recipient.id, step=step, state="queued"))
                    session.commit()
                    made += 1
            for message in session.scalars(sa.select(Message).where(Message.state == "queued")).all():
                message.state = "sending"
                session.commit()
                message.state = "sent"
                session.commit()
        return made

    @staticmethod
    def _there(session: Session, recipient: Recipient, step: int) -> bool:
        same = (Message.recipient_id == recipient.id, Message.step == step)
        return session.scalar(sa.select(Message.id).where(*same)) is not None

    def await_today(self, most: int) -> int:
        """The events that fire today are there already; what they cost is measured by `foresee`."""
        with self.engine.begin() as conn:
            today = [
                {"recipient_id": one, "step": step, "fires_on": self.today} for one, step in self._due(conn)
            ]
            conn.execute(sa.insert(Event), today[:most])
        return len(today[:most])

    def foresee(self, events: int, each: int = 27) -> None:
        """Write so many events, as they are written when people enrol: a person's in one transaction."""
        with self.engine.connect() as conn:
            for recipient_id in range(1, events // each + 2):
                rows = [
                    {"recipient_id": recipient_id, "step": step,
                     "fires_on": self.today + timedelta(days=1 + step)}
                    for step in self.steps[:each]
                ]  # fmt: skip
                conn.execute(sa.insert(Event), rows)
                conn.commit()

    def _due(self, conn: sa.Connection) -> Iterator[tuple[int, int]]:
        for step in self.steps:
            on = self.today - timedelta(days=step)
            for one in conn.execute(sa.select(Recipient.id).where(Recipient.due_on == on)).scalars().all():
                yield one, step

    def fire(self, batch: int = 500) -> int:
        """Turn today's events into messages, then claim and record them, in batches."""
        fired = 0
        with self.engine.connect() as conn:
            due = sa.select(Event).where(Event.fires_on <= self.today).limit(batch)
            while events := conn.execute(due).all():
                rows = [
                    {"recipient_id": one.recipient_id, "step": one.step, "state": "queued"} for one in events
                ]
                conn.execute(sa.insert(Message), rows)
                conn.execute(sa.delete(Event).where(Event.id.in_([one.id for one in events])))
                conn.commit()
                fired += len(events)
            self._send(conn, batch)
        return fired

    @staticmethod
    def _send(conn: sa.Connection, batch: int) -> None:
        queued = sa.select(Message.id).where(Message.state == "queued").limit(batch)
        while ids := conn.execute(queued).scalars().all():
            for state in ("sending", "sent"):
                conn.execute(sa.update(Message).where(Message.id.in_(ids)).values(state=state))
                conn.commit()
