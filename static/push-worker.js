// Shows what staff are told on this device, also while no page is open. It reads no page and keeps
// nothing; the words come encrypted from our own server.

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  const told = event.data.json();
  event.waitUntil(
    self.registration.showNotification(told.title, {
      body: told.body,
      // A second copy of the same takes the place of the first.
      tag: told.tag,
      requireInteraction: told.stays,
      data: told.path,
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = event.notification.data;
  // The desk asks who it is before it shows anything.
  if (path.startsWith("/admin/alerts/")) event.waitUntil(self.clients.openWindow(path));
});
