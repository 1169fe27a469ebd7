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

// Show times by the reader's own clock, unless they have chosen one.
const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
const shown = document.querySelector("[data-zone]");
const here = new URL(location.href);
if (shown && mine && mine !== shown.dataset.zone && !here.searchParams.has("zone")) {
  here.searchParams.set("zone", mine);
  location.replace(here);
}

// Tell the form which clock its reader lives by; their messages follow it.
const zone = document.querySelector("input[name=time_zone]");
if (zone && !zone.value) zone.value = mine;

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
