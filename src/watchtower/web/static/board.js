// Looks again every few seconds, says so when nobody answers, and shows times in the reader's own zone.
"use strict";
const own = () => {
  for (const time of document.querySelectorAll("time.utc, time.hm, time.hms")) {
    const when = new Date(time.dateTime);
    const day = when.toDateString() === new Date().toDateString() ? {} : { month: "2-digit", day: "2-digit" };
    const second = time.className === "hm" ? {} : { second: "2-digit" };
    const clock = { hour: "2-digit", minute: "2-digit", ...second, hourCycle: "h23" };
    time.textContent = when.toLocaleString(document.documentElement.lang, { ...day, ...clock });
  }
};
const busy = () => document.hidden || document.activeElement?.closest("form") || document.querySelector("details[open] form");
const look = async () => {
  if (busy()) return;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (busy()) return;
    // What somebody unfolded to read stays unfolded.
    for (const open of document.querySelectorAll("details[open][data-name]")) {
      fresh.querySelector(`details[data-name="${open.dataset.name}"]`)?.setAttribute("open", "");
    }
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
    document.querySelector("link[rel=icon]").href = fresh.querySelector("link[rel=icon]").href;
    document.title = fresh.title;
    document.getElementById("lost").hidden = true;
    document.body.classList.remove("old");
    own();
  } catch {
    document.getElementById("lost").hidden = false;
    document.body.classList.add("old");
  }
};
own();
const seconds = Number(document.body.dataset.refresh);
if (seconds) {
  setInterval(look, seconds * 1000);
  document.addEventListener("visibilitychange", look);
}
