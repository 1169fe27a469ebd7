// Only comfort lives here: every page works without it.

// Leave at once, and leave no entry behind that "back" would open.
document.addEventListener("click", (event) => {
  const exit = event.target.closest("a.exit");
  if (exit) {
    event.preventDefault();
    location.replace(exit.href);
  }
});

// Close the phone menu with Escape, or by touching anything else.
const menu = document.querySelector("details.menu");
if (menu) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

// Bring the reader to what must be mended.
document.querySelector("[data-focus]")?.focus();

// Say that an answer is on its way: on a slow line nothing else shows that a touch was felt.
const sending = document.querySelector("[data-sending]");
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  event.target.setAttribute("aria-busy", "true");
  sending.textContent = sending.dataset.sending;
});
window.addEventListener("pageshow", () => {
  document.querySelector("form[aria-busy]")?.removeAttribute("aria-busy");
  sending.textContent = "";
});

// Show times by the reader's own clock, unless they have chosen one. A browser that hides where
// it is says UTC: that is nobody's clock.
const told = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
const mine = /^(?!Etc\/)[^/]+\//.test(told) ? told : "";
const shown = document.querySelector("[data-zone]");
const here = new URL(location.href);
if (shown && mine && mine !== shown.dataset.zone && !here.searchParams.has("zone")) {
  here.searchParams.set("zone", mine);
  location.replace(here);
}

// Tell the form which clock its reader lives by; their messages follow it.
const zone = document.querySelector("input[name=time_zone]");
if (zone && !zone.value) zone.value = mine;

// A page that is the same for everyone tells the center's time: say the reader's own beside it,
// and have its links take their zone along.
const day = (at, timeZone) => at.toLocaleDateString(document.documentElement.lang, {
  weekday: "long", timeZone,
});
const time = (at, timeZone) => at.toLocaleTimeString(document.documentElement.lang, {
  hour: "numeric", minute: "2-digit", hour12: true, timeZone,
}).toLowerCase();
const common = document.querySelector("[data-clock]");
if (common && mine) {
  const { clock, yours } = common.dataset;
  for (const link of common.querySelectorAll("a[href*='/consultation/']")) {
    const address = new URL(link.href);
    address.searchParams.set("zone", mine);
    link.href = address;
    const stamp = address.searchParams.get("at");
    if (!stamp) continue;
    const at = new Date(stamp.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
    if (day(at, mine) + time(at, mine) === day(at, clock) + time(at, clock)) continue;
    const begin = day(at, mine) === day(at, clock) ? "" : `${day(at, mine)}, `;
    link.querySelector("span").textContent = yours.replace("{}", begin + time(at, mine));
  }
}

// Cross out times that have gone while the page lay open: every half minute, and on return.
const offered = document.querySelector("[data-open]");
const lookAgain = async () => {
  if (document.hidden) return;
  const answer = await fetch(offered.dataset.open).catch(() => null);
  if (!answer?.ok) return;
  const open = new Set((await answer.json()).times);
  const links = [...offered.querySelectorAll("a[href*='at=']")];
  const gone = links.filter((link) => !open.has(new URL(link.href).searchParams.get("at")));
  gone.forEach((link) => link.removeAttribute("href"));
  const news = offered.querySelector("[data-gone]");
  if (gone.length && news) news.textContent = news.dataset.gone;
};
if (offered) {
  setInterval(lookAgain, 30000);
  document.addEventListener("visibilitychange", lookAgain);
}

// Print the page that says when and how: only where there is a script is there a button.
const printing = document.querySelector("[data-print]");
if (printing) {
  printing.hidden = false;
  printing.querySelector("button").addEventListener("click", () => window.print());
}

// A day of the strip opens in browsers that do not open what a link leads into.
document.addEventListener("click", ({ target }) => {
  const link = target.closest(".week a");
  let fold = link && document.getElementById(link.hash.slice(1))?.closest("details");
  for (; fold; fold = fold.parentElement.closest("details")) fold.open = true;
});
