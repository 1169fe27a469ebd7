// Looks a number up while the page of a call stands; its button does the same without this.
// The number goes in the body of a form, never in an address.

const form = document.querySelector("[data-call]");
const number = form.elements.number;
let asked = number.value;
let timer = 0;
let turn = 0;

const digits = () => number.value.replace(/\D/g, "");

const look = async () => {
  if (number.value === asked || digits().length < 10) return;
  asked = number.value;
  const mine = ++turn;
  const body = new FormData(form);
  body.set("look", "1");
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
  // A later number may have been typed while this answer was on its way.
  if (!answer?.ok || mine !== turn) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.querySelector("[data-known]");
  if (found) form.querySelector("[data-known]").replaceChildren(...found.childNodes);
};

number.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, 300);
});
number.addEventListener("change", look);
