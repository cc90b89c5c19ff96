/**
 * Schedules the painting of a chart in animation frames. The base layer is repainted when trials
 * change, within a budget of time; the overlay is painted in every frame in which something moves.
 */

/** The base layer may take one part in this many of the time. */
const ONE_IN = 20;
/**
 * Duration in milliseconds from which a base layer counts as expensive; it then gets one part in
 * forty of the time only.
 */
const DEAR = 4;
const DEAR_WAIT = 700;
const LONGEST_WAIT = 2000;

export interface Layers {
  ground(): void;
  /** @returns whether the overlay needs another frame */
  above(now: number): boolean;
}

export class Painter {
  readonly #layers: Layers;
  #frame = 0;
  #timer = 0;
  #groundDue = false;
  #earliest = 0;
  #closed = false;

  constructor(layers: Layers) {
    this.#layers = layers;
  }

  /**
   * Marks all layers as out of date.
   * @param now skips the waiting time, because the user did something
   */
  ground(now = false): void {
    this.#groundDue = true;
    if (now) this.#earliest = 0;
    this.above();
  }

  /** Marks the overlay as out of date. */
  above(): void {
    if (this.#frame === 0 && !this.#closed)
      this.#frame = requestAnimationFrame((time) => this.#paint(time));
  }

  close(): void {
    this.#closed = true;
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
  }

  #paint(time: number): void {
    this.#frame = 0;
    if (this.#groundDue && time >= this.#earliest) {
      this.#groundDue = false;
      const began = performance.now();
      this.#layers.ground();
      const cost = performance.now() - began;
      this.#earliest =
        time + Math.min(LONGEST_WAIT, Math.max(cost > DEAR ? DEAR_WAIT : 0, cost * ONE_IN));
    }
    if (this.#layers.above(time)) this.above();
    if (!this.#groundDue || this.#frame !== 0) return;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.above(), Math.max(0, this.#earliest - time));
  }
}

/**
 * Returns the context of a canvas, resized to its box and cleared; null when it is not mounted or
 * has no size yet.
 */
export function cleared(
  canvas: HTMLCanvasElement | null | undefined,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas === null || canvas === undefined || across <= 0 || down <= 0) return null;
  const context = canvas.getContext('2d');
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
  }
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

/** Replaces the content of an element with the output of an SVG pen. */
export function showVectors(svg: SVGSVGElement, content: string): void {
  svg.innerHTML = content;
}
