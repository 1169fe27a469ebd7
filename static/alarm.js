// Rings on every open page of the desk while nobody has a danger: bar, title, sound, notification.
// Without it Today says the same, and the emails go out.

const bar = document.getElementById("alarm");
const every = 20000;
const title = document.title;
let newest = 0;
let isRinging = false;
let sound;

// The browser remembers that notifications are allowed; that stands for the sound as well.
const isAllowed = () => globalThis.Notification?.permission === "granted";

const beep = () => {
  if (sound?.state !== "running") return;
  for (const [at, pitch] of [[0, 880], [0.25, 660], [0.5, 880]]) {
    const [tone, volume] = [sound.createOscillator(), sound.createGain()];
    tone.frequency.value = pitch;
    volume.gain.value = 0.2;
    tone.connect(volume).connect(sound.destination);
    tone.start(sound.currentTime + at);
    tone.stop(sound.currentTime + at + 0.2);
  }
};

// A page may only be heard once its reader has pressed something on it.
const allowSound = async () => {
  sound ??= new AudioContext();
  await sound.resume();
  if (isRinging) beep();
};

const notify = (text) => {
  // No name and no reference: it may stand on a locked screen.
  const shown = new Notification(text, { tag: "alarm", requireInteraction: true });
  shown.addEventListener("click", () => {
    window.focus();
    location.href = bar.querySelector("a").href;
  });
};

const link = document.querySelector("[data-alerts]");
const noNews = link?.textContent;

const show = (ringing) => {
  if (link) link.textContent = ringing.news ? link.dataset.alerts.replace("{n}", ringing.news) : noNews;
  const text = ringing.open === 1 ? bar.dataset.one : bar.dataset.many.replace("{n}", ringing.open);
  const said = bar.querySelector("[data-said]");
  // Said once for each change, not at every question.
  if (ringing.open && said.textContent !== text) said.textContent = text;
  // Today says it itself, with the button.
  bar.hidden = !ringing.open || document.querySelector("[data-part=alarms]");
  document.title = ringing.open ? `(${ringing.open}) ${title}` : title;
  isRinging = ringing.open > 0;
  if (!isRinging) return;
  if (isAllowed() && ringing.newest > newest) notify(text);
  newest = Math.max(newest, ringing.newest);
  beep();
};

const ask = async () => {
  // The pages of signing in have no bar.
  if (!bar) return;
  const headers = { "X-Live-Refresh": "1" };
  const answer = await fetch(bar.dataset.ask, { headers, cache: "no-store", redirect: "manual" }).catch(() => null);
  if (answer?.ok) show(await answer.json());
  // Signed out: nothing is asked until somebody signs in again.
  if (answer && (answer.type === "opaqueredirect" || answer.status === 403)) clearInterval(timer);
};

const timer = setInterval(ask, every);
ask();

// On Today.
const offer = document.querySelector("[data-switch]");
if (offer) {
  offer.hidden = isAllowed() || globalThis.Notification?.permission === "denied";
  offer.querySelector("button").addEventListener("click", async () => {
    allowSound();
    await globalThis.Notification?.requestPermission();
    offer.hidden = true;
  });
}
if (isAllowed()) {
  allowSound();
  for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, allowSound, { once: true });
}
