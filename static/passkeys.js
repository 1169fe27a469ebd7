// Shows what takes a passkey only where the browser has them, and says so when none came.
// allauth's own script asks the browser for it; `data-form` names the kind of form.
(() => {
  if (!window.PublicKeyCredential) return;
  for (const part of document.querySelectorAll("[data-passkey]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-no-passkey]")) part.hidden = true;
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    document.querySelector("[data-passkey-failed]").hidden = false;
  });
  const ids = { credential: "credential", data: "js_data" };
  ids.login = ids.authenticate = ids.signup = "passkey";
  window.allauth.webauthn.forms[document.currentScript.dataset.form]({ ids });
})();
