/** The simulated page has no window to be in sight of: what is watched is in sight until it is said otherwise here. */
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

/** Everything that is watched goes out of sight. */
export const scrollAway = () => report(false);
/** And comes back. */
export const scrollBack = () => report(true);
