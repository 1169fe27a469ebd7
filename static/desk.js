// Only comfort lives here: the desk works without it. Keys, running clocks, news by itself.

const live = document.querySelector("[data-live]");
const words = document.querySelector("[data-words]")?.dataset;
const fill = (text, values) => text.replace(/{(\w+)}/g, (_all, name) => values[name]);
const every = 20000;
const offset = live ? new Date(live.dataset.now) - Date.now() : 0;
let freshAt = Date.now();
let mark = "";
let look = live?.dataset.look ?? "";
let timer = 0;

// Clocks

const minutesWords = (minutes) => (minutes < 1 ? words.under : fill(words.minutes, { n: minutes }));
const distance = (clock) => new Date(clock.dataset.at) - (Date.now() + offset);

const tick = () => {
  let isCrossed = false;
  for (const clock of document.querySelectorAll("[data-at]")) {
    const away = distance(clock);
    const minutes = Math.floor(Math.abs(away) / 60000);
    isCrossed ||= clock.was > 0 && away <= 0;
    clock.was = away;
    const text = minutes < 60 ? minutesWords(minutes) : clock.textContent;
    if (clock.textContent !== text) clock.textContent = text;
  }
  const age = document.querySelector("[data-fresh]");
  if (age && timer) {
    const seconds = Math.round((Date.now() - freshAt) / 5000) * 5;
    age.textContent = isBusy() ? age.dataset.paused : fill(age.dataset.ago, { n: seconds });
  }
  // What depends on the time alone is drawn anew only for who does not say what they have.
  if (isCrossed) mark = "";
  if (isCrossed) ask();
};

// News: asked for by the page itself, never while somebody works in it

const isBusy = () => {
  const here = document.activeElement;
  const isTyping = here?.matches("input, textarea, select") && live.contains(here);
  return isTyping || live.querySelector("details.quick[open]") || document.querySelector("dialog[open]");
};

const rowsOf = (part) => [...part.querySelectorAll("[data-reference]")];
const namesOf = (part) => rowsOf(part).map((row) => row.dataset.reference);
// Every answer carries fresh tokens; they are no news.
const read = (node) => node.outerHTML.replace(/csrfmiddlewaretoken" value="\w+/g, "").replace(/(data-at[^>]*>)[^<]*/g, "$1");

// What stands around the rows.
const frameOf = (part) => {
  const bare = part.cloneNode(true);
  rowsOf(bare).forEach((row) => row.remove());
  return read(bare);
};

const exchange = (old, fresh) => {
  const isSame = namesOf(old).join() === namesOf(fresh).join() && frameOf(old) === frameOf(fresh);
  if (!isSame) return old.replaceChildren(...fresh.childNodes);
  const rows = rowsOf(old);
  rowsOf(fresh).forEach((row, place) => {
    if (read(row) !== read(rows[place])) rows[place].replaceWith(row);
  });
};

const focusKept = (change) => {
  const here = document.activeElement;
  const reference = here?.closest("[data-reference]")?.dataset.reference;
  const act = here?.dataset?.act;
  const href = here?.getAttribute?.("href");
  const { scrollX, scrollY } = window;
  change();
  if (!here?.isConnected && here !== document.body) {
    const row = reference && document.querySelector(`[data-reference="${CSS.escape(reference)}"]`);
    const same = row?.querySelector(`[data-act="${act}"]`) ?? row?.querySelector("a");
    (same ?? (href && live.querySelector(`a[href="${CSS.escape(href)}"]`)) ?? live).focus({ preventScroll: true });
  }
  window.scrollTo(scrollX, scrollY);
};

const show = (html) => {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const known = new Set(namesOf(live));
  focusKept(() => {
    for (const part of live.querySelectorAll("[data-part]")) {
      const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (other && read(other) !== read(part)) exchange(part, other);
    }
  });
  const come = rowsOf(live).filter((row) => !known.has(row.dataset.reference));
  come.forEach((row) => row.classList.add("come"));
  const news = document.querySelector("[data-news]");
  if (come.length) news.textContent = come.length === 1 ? words.one : fill(words.many, { n: come.length });
};

const lost = document.querySelector("[data-lost]");
const say = (text) => {
  lost.textContent = text;
  lost.hidden = !text;
  live.classList.toggle("old", Boolean(text));
};

// Names have no place on a screen whose reader has been signed out.
const close = () => {
  clearInterval(timer);
  timer = 0;
  say(words.out + " ");
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = words.in;
  lost.append(link);
  live.replaceChildren();
  document.querySelector("[data-fresh]")?.parentElement.remove();
};

const ask = async () => {
  if (document.hidden || isBusy() || !timer) return;
  const headers = { "X-Live-Refresh": "1", "X-Look": look, "If-None-Match": mark };
  const answer = await fetch(location.href, { headers, cache: "no-store" }).catch(() => null);
  if (!timer) return;
  if (answer && (answer.redirected || [401, 403].includes(answer.status))) return close();
  if (!answer || (!answer.ok && answer.status !== 304)) {
    const since = new Date(freshAt).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
    return say(fill(words.offline, { time: since }));
  }
  const html = answer.status === 304 ? "" : await answer.text();
  if (answer.status !== 304 && !answer.headers.has("X-Live")) return close();
  say("");
  freshAt = Date.now();
  mark = answer.headers.get("ETag") ?? mark;
  look = answer.headers.get("X-Look") ?? look;
  // Someone may have begun to type while the answer was on its way.
  if (html && isBusy()) mark = "";
  else if (html) show(html);
  tick();
};

if (live) {
  live.tabIndex = -1;
  timer = setInterval(ask, every);
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => Date.now() - freshAt > every && ask());
  addEventListener("online", ask);
}

// One menu at a time; Escape and a click elsewhere close it

document.addEventListener("keydown", (event) => {
  const open = document.querySelector("details.quick[open]");
  if (event.key !== "Escape" || !open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.quick[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open).showModal();
});

// After a step the reader goes on at the row it was about

const rowOf = (reference) => reference && document.querySelector(`[data-reference="${CSS.escape(reference)}"]`);
const handled = rowOf(decodeURIComponent(location.hash.slice(1)));
// The browser itself looks for the row once the page is there, and would take the focus away.
const goOn = () => setTimeout(() => handled.querySelector("[data-act=open]")?.focus({ preventScroll: true }), 50);
if (handled && document.readyState === "complete") goOn();
else if (handled) addEventListener("load", goOn);

// Keys: single ones, never while typing, and only where they are on

const keys = document.getElementById("keys");
document.querySelectorAll("[data-with-script]").forEach((each) => (each.hidden = false));

const links = () => [...document.querySelectorAll("[data-act=open]")];
const move = (by) => {
  const all = links();
  const row = document.activeElement?.closest("[data-reference]");
  const place = all.findIndex((link) => row?.contains(link));
  all[place < 0 ? 0 : Math.min(Math.max(place + by, 0), all.length - 1)]?.focus();
};
const inRow = (act) => document.activeElement?.closest("[data-reference]")?.querySelector(`[data-act=${act}]`);
const acts = {
  j: () => move(1),
  k: () => move(-1),
  o: () => inRow("open")?.click(),
  c: () => inRow("claim")?.click(),
  l: () => {
    const summary = inRow("log");
    if (!summary) return;
    summary.parentElement.open = true;
    summary.parentElement.querySelector(".panel button:not([disabled])")?.focus();
  },
  "/": () => document.querySelector("input[type=search]")?.focus(),
  "?": () => keys.showModal(),
};

let isGoing = false;
const typing = "input, textarea, select, [contenteditable]";
document.addEventListener("keydown", (event) => {
  if (!keys || keys.dataset.keys === "off" || keys.open || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(typing)) return;
  if (isGoing) {
    isGoing = false;
    const place = keys.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (place) return place.click();
  }
  if (event.key === "g") {
    isGoing = true;
    setTimeout(() => (isGoing = false), 1500);
  } else if (Object.hasOwn(acts, event.key)) {
    event.preventDefault();
    acts[event.key]();
  }
});
