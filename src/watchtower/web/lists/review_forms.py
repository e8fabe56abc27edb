"""The forms by which a review is written in its page."""

from __future__ import annotations

from watchtower.core.reviews.actions import LONG
from watchtower.core.reviews.review import SECTIONS, ActionType, Review
from watchtower.model import Text
from watchtower.web.lists import texts
from watchtower.web.lists.listing import Form, ListInput

BACK = ListInput("back", texts.NO_TITLE, "hidden", value="review")


def review_forms(incident: str, review: Review) -> list[Form]:
    """A form for each section, and for what else people say in a review. A closed one has none."""
    if review.closed_at is not None:
        return []

    def form(action: str, title: Text, button: Text, *inputs: ListInput) -> Form:
        path = f"/incidents/{incident}/do/{action}"
        return Form(path, button, (BACK, *inputs), title, folded=True)

    out = [
        form(
            "write", title, texts.SAVE, ListInput("write.section", title, "hidden", value=name),
            ListInput("write.text", title, "textarea", value=review.sections.get(name, ""), required=True, longest=LONG),
        )
        for name, title in SECTIONS.items()
    ]  # fmt: skip
    kinds = [(str(one), str(one)) for one in ActionType]
    out.append(
        form(
            "action", texts.NEW_ITEM, texts.SAVE, ListInput("action.text", texts.ITEM, required=True),
            ListInput("action.type", texts.FOR_WHAT, options=kinds), ListInput("action.owner", texts.OWNER, required=True),
            ListInput("action.due", texts.DUE, "date", required=True), ListInput("action.acceptance", texts.ACCEPTANCE),
        )
    )  # fmt: skip
    still = [(item.id, f"{item.id} {item.text}") for item in review.actions if item.open]
    if still:
        pick = ListInput("action_done.id", texts.ITEM, options=still)
        out.append(
            form(
                "action_done",
                texts.END_ITEM,
                texts.SAVE,
                pick,
                ListInput("action_done.dropped", texts.DROPPED),
            )
        )
    tag = ListInput("tag.tag", texts.TAG, value=review.cause_tag, required=True)
    owner = ListInput("review_owner.owner", texts.OWNER, value=review.owner, required=True)
    meeting = ListInput("review_owner.meeting", texts.MEETING, "datetime-local")
    out += [
        form(
            "tag",
            texts.TAG_CAUSE,
            texts.SAVE,
            tag,
            ListInput("tag.helped", texts.HELPED, value=review.helped),
        ),
        form("review_owner", texts.OWN_REVIEW, texts.SAVE, owner, meeting),
        form("close_review", texts.REVIEW_DONE, texts.REVIEW_DONE),
    ]
    return out
