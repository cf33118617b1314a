/** The browser's notifications. Chrome on Android has the class, but its constructor throws. */

/** Shows one; null if that is not possible. */
export function showNotice(title: string, options: NotificationOptions = {}): Notification | null {
  try {
    return new Notification(title, options);
  } catch {
    return null;
  }
}

/** Whether this browser supports them: without TLS only on localhost. */
export function hasNotices(): boolean {
  if (!("Notification" in window)) return false;
  // If permission was granted, the test notification would be visible; otherwise nothing is shown.
  return Notification.permission === "granted" || showNotice("") !== null;
}
