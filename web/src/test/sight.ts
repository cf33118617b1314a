/** The simulated page has no visible area: observed elements are visible until a test says otherwise here. */
const watching = new Map<Watcher, (entries: IntersectionObserverEntry[]) => void>();

class Watcher {
  constructor(callback: IntersectionObserverCallback) {
    watching.set(this, (entries) => callback(entries, this as unknown as IntersectionObserver));
  }
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {
    watching.delete(this);
  }
}

window.IntersectionObserver = Watcher as unknown as typeof IntersectionObserver;

const report = (isIntersecting: boolean) => {
  for (const callback of [...watching.values()]) callback([{ isIntersecting } as IntersectionObserverEntry]);
};

/** Moves all observed elements out of view. */
export const scrollAway = () => report(false);
/** Moves them back into view. */
export const scrollBack = () => report(true);
