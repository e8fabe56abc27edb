"""Updates for those outside the house: plain words, no numbers, nobody blamed, nothing promised."""

from __future__ import annotations

from watchtower.brief.brief import Brief
from watchtower.brief.roles import filled
from watchtower.brief.subject import began, in_force, is_calm, is_down, is_over, progress, what
from watchtower.model import Text
from watchtower.texts.phrases import Phrase, When, fill, many


def customers(brief: Brief) -> tuple[Phrase, list[Phrase]]:
    scene, flows = brief.scene, what(brief.scene)
    if is_over(scene):
        end = When(scene.incident.resolved_at or scene.at, zoned=True)
        return fill("{} works again", "{}已恢复正常", flows), [
            fill(
                "Between {} and {} you may have had trouble with {}. It works again.",
                "{} 至 {} 期间，您在使用{}时可能遇到问题，现已恢复正常。",
                began(scene),
                end,
                flows,
            ),
            Text(
                "We are sorry for the trouble. If something still looks wrong, please contact us.",
                "给您带来不便，我们深表歉意。如仍有异常，请联系客服。",
            ),
        ]
    if is_calm(scene):
        return fill("{} is working again, we are watching it", "{}正在恢复，我们持续关注", flows), [
            fill(
                "Since {} you may have had trouble with {}.",
                "{} 起，您在使用{}时可能遇到问题。",
                began(scene),
                flows,
            ),
            Text(
                "It works again as far as we can see. We are watching it before we say that it is over.",
                "目前看已恢复，我们会继续观察，确认稳定后再告知您。",
            ),
        ]
    down = is_down(scene)
    en, zh = ("{} is not available", "{}暂不可用") if down else ("Trouble with {}", "{}出现异常")
    first = (
        fill("Since {} {} has not been available.", "{} 起，{}暂不可用。", began(scene), flows)
        if down
        else fill(
            "Since {} you may have trouble with {}.", "{} 起，您在使用{}时可能遇到问题。", began(scene), flows
        )
    )
    sorry = Text("We are sorry for the trouble.", "给您带来不便，我们深表歉意。")
    return fill(en, zh, flows), [first, progress(scene), in_force(scene), sorry]


def public(brief: Brief) -> tuple[Phrase, list[Phrase]]:
    scene, flows, product = brief.scene, what(brief.scene), brief.headline.product
    if is_over(scene):
        end = When(scene.incident.resolved_at or scene.at, zoned=True)
        text = fill(
            "{}: {} did not work as usual from {} to {}. It works again.",
            "{}：{}于 {} 至 {} 出现异常，现已恢复正常。", product, flows, began(scene), end,
        )  # fmt: skip
        more = Text(
            "We will look into what happened so that it does not happen again.",
            "我们将彻查原因，避免再次发生。",
        )
        return fill("{} works again", "{}已恢复正常", flows), [text, more]
    text = fill(
        "{}: {} has not worked as usual since {}.", "{}：{}自 {} 起出现异常。", product, flows, began(scene)
    )
    calm = Text("It works again; we are watching it.", "目前已恢复，我们正在持续观察。")
    work = Text(
        "We are working to put it right and will keep you informed.", "我们正在全力处理，并将持续通报进展。"
    )
    return fill("{}: trouble with {}", "{}：{}出现异常", product, flows), [
        text,
        calm if is_calm(scene) else work,
    ]


def partners(brief: Brief) -> tuple[Phrase, list[Phrase]]:
    scene, flows = brief.scene, what(brief.scene)
    if is_over(scene):
        return public(brief)
    seen = [alert.text for alert in scene.firing[:3] if alert.text.en]
    paragraphs: list[Phrase] = [
        fill("Since {} {} has not worked as usual.", "{} 起，我方{}出现异常。", began(scene), flows)
    ]
    if seen:
        paragraphs.append(fill("What we see: {}", "我方观测到：{}", many([*seen], Text("; ", "；"))))
    paragraphs.append(progress(scene, ours=False))
    if scene.history.notes.cause is not None:
        return fill("Trouble with {}", "{}出现异常", flows), paragraphs
    contact = filled(scene).get("partner")
    ask = Text(
        "Please check whether anything changed on your side, and tell us either way.",
        "请协助确认贵方近期有无变更或异常，并回复我方。",
    )
    paragraphs.append(fill("{} Your contact: {}.", "{}对接人：{}。", ask, contact) if contact else ask)
    return fill("{}: please check on your side", "{}异常，请协助排查", flows), paragraphs
