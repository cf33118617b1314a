/** A 2D context that draws nothing and records the texts that were written since the canvas was last cleared. */
export class PaintedContext {
  texts: string[] = [];
  font = "";
  fillStyle = "";
  strokeStyle = "";
  lineWidth = 1;
  lineJoin = "";
  lineCap = "";
  textAlign = "";
  textBaseline = "";
  globalAlpha = 1;

  constructor(readonly canvas: HTMLCanvasElement) {}

  clearRect(): void {
    this.texts = [];
  }
  fillText(text: string): void {
    this.texts.push(text);
  }
  measureText(text: string): { width: number } {
    return { width: text.length * 6 };
  }
  save(): void {}
  restore(): void {}
  translate(): void {}
  rotate(): void {}
  beginPath(): void {}
  moveTo(): void {}
  lineTo(): void {}
  rect(): void {}
  arc(): void {}
  clip(): void {}
  fill(): void {}
  stroke(): void {}
  setLineDash(): void {}
  strokeText(): void {}
  fillRect(): void {}
  drawImage(): void {}
}

/** The texts on the canvas of a chart, in the order in which they were painted. */
export function paintedTexts(id: string): string[] {
  const canvas = document.querySelector<HTMLCanvasElement>(`[data-chart-canvas="${id}"] canvas`);
  const context: unknown = canvas?.getContext("2d");
  if (!(context instanceof PaintedContext)) throw new Error(`There is no chart "${id}".`);
  return context.texts;
}
