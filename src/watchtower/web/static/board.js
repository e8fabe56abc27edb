// Keeps the board as it is now, by an event stream or by asking; counts times on; search and keys. The page works without.
"use strict";
const { body } = document, main = () => document.querySelector("main"), lost = document.getElementById("lost");
const lang = document.documentElement.lang, zh = lang.startsWith("zh");
const UNITS = [[86400, zh ? "天" : "d"], [3600, zh ? "小时" : "h"], [60, zh ? "分" : "min"], [1, zh ? "秒" : "s"]];

// At most two units, as the daemon says it.
const words = (seconds) => {
  const round = seconds < 3600 ? 1 : seconds < 86400 ? 60 : 3600;
  let left = Math.max(0, Math.round(seconds / round) * round);
  const said = [];
  for (const [size, name] of UNITS) {
    if (left >= size) said.push(`${Math.floor(left / size)} ${name}`);
    left %= size;
  }
  return said.join(" ") || `0 ${UNITS[3][1]}`;
};

// The clock of the daemon, which those who look at the board do not share.
let ahead = 0;
const count = () => {
  const now = (Date.now() + ahead) / 1000;
  for (const time of document.querySelectorAll("time.ago, time.span, time.left")) {
    const passed = now - Date.parse(time.dateTime) / 1000;
    const text = words(time.className === "left" ? -passed : passed);
    time.textContent = time.className === "ago" ? (zh ? `${text}前` : `${text} ago`) : text;
  }
};
// Moments in the zone of whoever reads.
const own = () => {
  for (const time of document.querySelectorAll("time.utc, time.hm, time.hms")) {
    const when = new Date(time.dateTime);
    const day = when.toDateString() === new Date().toDateString() ? {} : { month: "2-digit", day: "2-digit" };
    const second = time.className === "hm" ? {} : { second: "2-digit" };
    const clock = { hour: "2-digit", minute: "2-digit", ...second, hourCycle: "h23" };
    time.textContent = when.toLocaleString(lang, { ...day, ...clock });
  }
};
const shown = (at) => {
  const as_of = main().querySelector("h1 time");
  if (at && as_of) as_of.dateTime = new Date(at).toISOString();
  if (as_of && Number(body.dataset.refresh)) ahead = Date.parse(as_of.dateTime) - Date.now();
  own();
  count();
};
const inTouch = (well) => {
  lost.hidden = well;
  body.classList.toggle("old", !well);
};

const busy = () => document.hidden || document.activeElement?.closest("main form") || main().querySelector("details[open] form");
// What somebody unfolded to read stays unfolded, and who stands on a row stays there.
const replace = (old, fresh) => {
  for (const open of old.querySelectorAll("details[data-name]")) {
    fresh.querySelector(`details[data-name="${CSS.escape(open.dataset.name)}"]`)?.toggleAttribute("open", open.open);
  }
  const focus = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  old.replaceChildren(...fresh.childNodes);
  if (focus) old.querySelector(`[href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
};
const ask = async (address) => {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (busy()) return;
    replace(main(), fresh.querySelector("main"));
    document.querySelector("link[rel=icon]").href = fresh.querySelector("link[rel=icon]").href;
    document.title = fresh.title;
    body.dataset.frame = fresh.body.dataset.frame ?? "";
    inTouch(true);
    shown();
  } catch {
    inTouch(false);
  }
};

const seconds = Number(body.dataset.refresh);
let stream = null, last = 0, wait = 2, order = null, again = 0;
const close = () => {
  stream?.close();
  stream = null;
  clearTimeout(again);
};
const changed = ({ data }) => {
  const news = JSON.parse(data);
  last = Date.now();
  wait = 2;
  inTouch(true);
  body.dataset.frame = news.frame;
  if (order !== null && order !== news.order) {
    order = news.order;
    ask(location.href);
    return;
  }
  order = news.order;
  for (const [name, html] of Object.entries(news.parts)) {
    const part = main().querySelector(`[data-part="${CSS.escape(name)}"]`);
    if (!part) return void ask(location.href);
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    replace(part, fresh.content);
  }
  document.title = news.title;
  const icon = document.querySelector("link[rel=icon]");
  icon.href = icon.getAttribute("href").replace(/[^/]*$/, `${news.icon}.svg`);
  shown(news.at);
};
// A browser gives up for ever after one answer that is none: so the page opens the next stream itself.
const open = () => {
  close();
  if (document.hidden || !body.dataset.live) return;
  const address = new URL(body.dataset.live, location.href);
  address.searchParams.set("frame", body.dataset.frame);
  last = Date.now();
  stream = new EventSource(address);
  stream.onmessage = changed;
  stream.addEventListener("beat", ({ data }) => { last = Date.now(); inTouch(true); shown(Number(data)); });
  stream.onerror = later;
};
const later = () => {
  close();
  again = setTimeout(async () => { await ask(location.href); open(); }, wait * 1000 * (0.5 + Math.random()));
  wait = Math.min(60, wait * 2);
};

shown();
if (seconds) {
  setInterval(() => {
    count();
    if (stream && Date.now() - last > 40000) later();
  }, 1000);
  setInterval(() => { if (!body.dataset.live && !busy()) ask(location.href); }, seconds * 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close();
    if (!body.dataset.live) return void ask(location.href);
    open();
  });
  open();
}

// Search while somebody types: the page of what was found is the daemon's own.
const search = document.querySelector("form.search");
let typed = 0;
const find = () => {
  const asked = new URLSearchParams([...new FormData(search)].filter(([, value]) => value));
  const address = `${search.action}${String(asked) ? `?${asked}` : ""}`;
  if (address === location.href) return;
  history.replaceState(null, "", address);
  if ([...asked.keys()].some((name) => name !== "lang")) delete body.dataset.live;
  else body.dataset.live = search.dataset.live;
  order = null;
  ask(address).then(open);
};
if (search) {
  search.dataset.live = body.dataset.live ?? new URL("live" + (location.search.match(/lang=\w+/) ? `?${location.search.match(/lang=\w+/)}` : ""), search.action).href;
  search.addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(find, 250); });
  search.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(typed); find(); });
}

const keys = document.getElementById("keys");
const step = (by) => {
  const rows = [...main().querySelectorAll(".go")].filter((row) => row.offsetParent);
  const here = rows.indexOf(document.activeElement);
  const next = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.ctrlKey || event.altKey || event.metaKey || (typing && event.key !== "Escape")) return;
  if (event.key === "/" && search) search.q.focus();
  else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "?") keys.open ? keys.close() : keys.showModal();
  else if (event.key === "Escape" && typing) typing.blur();
  else return;
  event.preventDefault();
});
