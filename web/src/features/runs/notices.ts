/** Notifications of the browser's. Chrome on Android has them in name only: made by a page they throw. */

/** Shows one; null where that cannot be done. */
export function showNotice(title: string, options: NotificationOptions = {}): Notification | null {
  try {
    return new Notification(title, options);
  } catch {
    return null;
  }
}

/** Whether this browser has any: without TLS it has none, but on the machine itself. */
export function hasNotices(): boolean {
  if (!("Notification" in window)) return false;
  // With the permission the trial would be seen; without it nothing is shown.
  return Notification.permission === "granted" || showNotice("") !== null;
}
