// “My alerts”: turns alerts on in this browser, and off where the site knows of none here.

const form = document.querySelector("[data-device]");
const button = form.querySelector("button");
const isAble = "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;

const say = (name) => {
  for (const each of form.querySelectorAll("[data-say]")) each.hidden = each.dataset.say !== name;
};

const startWorker = async () => {
  const started = await navigator.serviceWorker.register(form.dataset.worker, { scope: form.dataset.scope });
  const coming = started.installing ?? started.waiting;
  if (started.active || !coming) return started;
  await new Promise((done) => {
    coming.addEventListener("statechange", () => coming.state === "activated" && done());
  });
  return started;
};

const subscribe = async (pushes) => {
  const options = { userVisibleOnly: true, applicationServerKey: form.dataset.key };
  // One of an earlier key of ours is worth nothing.
  await (await pushes.getSubscription())?.unsubscribe();
  return pushes.subscribe(options);
};

const turnOn = async () => {
  if ((await Notification.requestPermission()) !== "granted") return say("denied");
  const started = await startWorker();
  const { endpoint, keys } = (await subscribe(started.pushManager)).toJSON();
  form.elements.endpoint.value = endpoint;
  form.elements.public_key.value = keys.p256dh;
  form.elements.auth_secret.value = keys.auth;
  form.submit();
};

const turnOffHere = async () => {
  const started = await navigator.serviceWorker.getRegistration(form.dataset.scope);
  await (await started?.pushManager.getSubscription())?.unsubscribe();
};

if (isAble) {
  button.hidden = false;
  say(Notification.permission === "denied" ? "denied" : "");
  button.addEventListener("click", async () => {
    button.disabled = true;
    await turnOn().catch(() => say("failed"));
    button.disabled = false;
  });
  if (!form.dataset.on) turnOffHere();
} else {
  say("unable");
}
