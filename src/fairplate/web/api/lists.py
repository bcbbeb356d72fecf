"""`/api/v1/lists`: which hot lists there are and how they stand. No entry is told."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from fairplate.web.api.acting import do
from fairplate.web.api.paging import Cursor, Limit, page_of
from fairplate.wiring import read_list_statuses
from fairplate.wiring.list_fields import status_fields

router = APIRouter(tags=["Hot lists"])


class KnownList(BaseModel):
    """One list; docs/hot-lists.md tells what each field means."""

    list: str
    title: str
    purposes: tuple[str, ...]
    look_alikes: bool
    set_at: str
    batch: str | None
    imported_at: str | None
    fresh_until: str | None
    stale: bool
    suspended_at: str | None
    suspend_reason: str | None
    refused_at: str | None
    entries: int
    ended: int
    ending: int
    next_end: str | None
    held_back: dict[str, int]
    wrong: int
    decided: int
    outlooks: tuple[dict[str, Any], ...]


class KnownLists(BaseModel):
    """One page of lists; `next` null: there are no more."""

    lists: list[KnownList]
    next: str | None


@router.get("/api/v1/lists", summary="List hot lists")
async def get_lists(request: Request, cursor: Cursor = None, limit: Limit = 50) -> KnownLists:
    """Return how each list stands."""
    found, now = await do(request, lambda it: (read_list_statuses(it.hot_lists), it.now()))
    page, following = page_of(found, lambda one: one.kept.id, cursor, limit)
    return KnownLists(
        lists=[KnownList.model_validate(status_fields(one, now)) for one in page], next=following
    )
