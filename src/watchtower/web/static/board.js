// Looks again every few seconds, says so when nobody answers, and shows times in the reader's own zone.
"use strict";
const own = () => {
  for (const time of document.querySelectorAll("time.utc")) {
    const when = new Date(time.dateTime);
    const day = when.toDateString() === new Date().toDateString() ? {} : { month: "2-digit", day: "2-digit" };
    const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    time.textContent = when.toLocaleString(document.documentElement.lang, { ...day, ...clock });
  }
};
const busy = () => document.hidden || document.activeElement?.closest("form") || document.querySelector("details[open]");
const look = async () => {
  if (busy()) return;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (busy()) return;
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
