// Warns before a session of staff ends, two minutes ahead; without this it just ends.
{
  const { ask, login } = document.currentScript.dataset;
  const WARN = 120; // seconds
  let timer, isTouched = false;

  const left = async (options) => {
    const answer = await fetch(ask, { redirect: "manual", ...options }).catch(() => null);
    if (!answer) return WARN + 30; // Not to be reached: ask again in a while.
    return answer.ok ? (await answer.json()).left : 0;
  };
  const look = async () => {
    clearTimeout(timer);
    // Asking must not itself keep the session alive.
    const seconds = await left({ headers: { "X-Live-Refresh": "1" } });
    if (seconds <= 0) return end();
    if (seconds <= WARN) warn();
    else close();
    timer = setTimeout(look, 1000 * (seconds <= WARN ? Math.min(seconds + 1, 15) : seconds - WARN));
  };
  const dialog = () => document.getElementById("stay");
  const warn = () => dialog().open || dialog().showModal();
  const close = () => dialog().open && dialog().close();
  const end = () => {
    // Nothing of anyone's shall stay on the screen, except what would else be lost.
    if (!isTouched) return location.replace(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
    dialog().querySelector("[data-soon]").hidden = dialog().querySelector("[data-stay]").hidden = true;
    dialog().querySelector("[data-ended]").hidden = dialog().querySelector("[data-close]").hidden = false;
    warn();
  };
  const stay = async () => {
    const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
    await left({ method: "POST", headers: { "X-CSRFToken": token } });
    look();
  };

  document.addEventListener("input", () => (isTouched = true));
  document.addEventListener("visibilitychange", () => document.hidden || look());
  document.addEventListener("DOMContentLoaded", () => {
    dialog()?.querySelector("[data-stay]").addEventListener("click", stay);
    dialog()?.addEventListener("cancel", stay);
    if (dialog()) look();
  });
}
