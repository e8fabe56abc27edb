// Draws the curves of a page so that they can be zoomed. Where it cannot, the server's drawing stays.
"use strict";
(() => {
  const root = document.querySelector("[data-curves]");
  const page = root?.dataset.curves ? JSON.parse(root.dataset.curves) : null;
  // A page that renews itself shows the drawing that comes with it.
  if (!page || !window.uPlot || Number(document.body.dataset.refresh)) return;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const lang = document.documentElement.lang;
  const boxes = [...root.querySelectorAll("figure .plot")];
  const number = new Intl.NumberFormat(lang, { maximumSignificantDigits: 4 });
  const said = (value, unit) => {
    if (value === null || value === undefined) return "–";
    if (unit === "ratio") return `${number.format(value * 100)} %`;
    const end = { seconds: " s", per_second: "/s", days: " d", bytes: " B" }[unit] ?? "";
    return number.format(value) + end;
  };
  const day = { month: "2-digit", day: "2-digit" }, clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const moment = (at, more) => new Date(at * 1000).toLocaleString(lang, { ...day, ...clock, ...more });
  // Each label in the reader's own zone: a day on which the clocks change is as long as it was. The day at its first label.
  const clocks = (_, ticks, __, ___, apart) => ticks.map((at, n) => {
    const when = new Date(at * 1000);
    if (apart >= 86400) return when.toLocaleDateString(lang, day);
    const same = n > 0 && new Date(ticks[n - 1] * 1000).toDateString() === when.toDateString();
    return same ? when.toLocaleTimeString(lang, clock) : `${when.toLocaleTimeString(lang, clock)}\n${when.toLocaleDateString(lang, day)}`;
  });
  const shade = (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const { kind, from, to } of page.shades) {
      const left = Math.max(bbox.left, plot.valToPos(from, "x", true));
      const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, "x", true));
      if (right < bbox.left || left > bbox.left + bbox.width) continue;
      ctx.fillStyle = colour(`--shade-${kind}`);
      ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
    }
    ctx.restore();
  };
  const column = (found, name, part = "mean") => (name ? found.curves.find((one) => one.name === name)?.[part] : undefined);
  const rows = (found, curve, xs) => {
    const names = [curve.observed, ...(curve.low ? [curve.low, curve.high] : [])];
    // A mean hides the short outage within a step: the least and the greatest are drawn around it.
    const around = ["low", "high"].map((part) => column(found, curve.observed, part));
    return [xs, ...[...around, ...names.map((name) => column(found, name))].map((one) => one ?? xs.map(() => null))];
  };
  const ask = async (from, to) => {
    const points = Math.min(1500, Math.max(240, root.clientWidth));
    const url = `${page.url}${page.url.endsWith("?") ? "" : "&"}from=${from}&to=${to}&points=${points}`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  const load = async (from, to) => {
    const found = page.found ?? (await ask(from, to));
    const start = Date.parse(found.from) / 1000, count = found.curves[0]?.mean.length ?? 0;
    return [found, Array.from({ length: count }, (_, n) => start + n * found.step_seconds)];
  };
  let plots = [], shown = [page.from, page.to], home = shown;
  const show = async (from, to) => {
    const [found, xs] = await load(from, to);
    shown = [from, to];
    plots.forEach((plot, n) => {
      plot.setData(rows(found, page.curves[n], xs), false);
      plot.setScale("x", { min: from, max: to });
    });
  };
  const options = (box, curve, height) => ({
    width: box.clientWidth,
    height,
    cursor: { sync: { key: "history" }, drag: { x: true, y: false, setScale: false } },
    hooks: {
      drawClear: [shade],
      setSelect: [(plot) => {
        if (plot.select.width < 4) return;
        const from = plot.posToVal(plot.select.left, "x"), to = plot.posToVal(plot.select.left + plot.select.width, "x");
        plot.setSelect({ width: 0, height: 0 }, false);
        if (to - from >= 30) show(Math.floor(from), Math.ceil(to)).catch(() => {});
      }],
    },
    legend: { show: true },
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high ?? 0) > 0 ? high * 1.05 : 1] } },
    axes: [
      { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, values: clocks },
      { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, size: 62, values: (_, ticks) => ticks.map((one) => said(one, curve.unit)) },
    ],
    series: [
      { label: page.words.time, value: (_, at) => (at ? moment(at, { second: "2-digit" }) : "–") },
      ...["--around", "--around"].map((name) => ({ stroke: colour(name), width: 1, points: { show: false }, class: "around" })),
      { label: curve.title, stroke: colour("--line-1"), width: 1.5, value: (_, v) => said(v, curve.unit) },
      ...(curve.low ? ["≥", "≤"] : []).map((label) => ({ label, stroke: "transparent", points: { show: false }, value: (_, v) => said(v, curve.unit) })),
    ],
    bands: [{ series: [2, 1], fill: colour("--around") }, ...(curve.low ? [{ series: [5, 4], fill: colour("--band") }] : [])],
  });
  const draw = async () => {
    const [found, xs] = await load(...shown);
    for (const plot of plots) plot.destroy();
    plots = page.curves.map((curve, n) => {
      const box = boxes[n], main = box.closest("figure").classList.contains("main");
      box.replaceChildren();
      const plot = new uPlot(options(box, curve, main ? 260 : 150), rows(found, curve, xs), box);
      plot.over.addEventListener("dblclick", () => show(...home).catch(() => {}));
      return plot;
    });
    root.querySelector(".axis").hidden = true;
    root.querySelector(".zoom").hidden = false;
    root.dataset.drawn = "1";
  };
  draw().catch(() => {});
  // A span that ends now goes on with the time, unless somebody zooms into it. The reader's clock may be wrong.
  const began = performance.now(), span = page.to - page.from;
  const goOn = () => {
    if (document.hidden || shown.join() !== home.join()) return;
    const ago = Math.floor((performance.now() - began) / 1000), next = [page.from + ago, page.to + ago];
    show(...next).then(() => { if (shown.join() === next.join()) home = next; }).catch(() => {});
  };
  if (!page.found && !new URLSearchParams(location.search).has("to")) setInterval(goOn, 1000 * Math.max(10, span / 500));
  let wait;
  addEventListener("resize", () => {
    clearTimeout(wait);
    wait = setTimeout(() => plots.forEach((plot, n) => plot.setSize({ width: boxes[n].clientWidth, height: plot.height })), 150);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw().catch(() => {}));
})();
