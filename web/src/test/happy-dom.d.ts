interface Window {
  /** The simulated browser of the rendered tests. */
  happyDOM: { setURL: (url: string) => void; setViewport: (viewport: { width: number }) => void };
}
