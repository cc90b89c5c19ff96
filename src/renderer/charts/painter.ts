/**
 * When a chart is painted: in animation frames only, its ground when trials changed and no oftener
 * than it can afford, what moves above it each frame that something moves.
 */

/** Share of the time that painting the ground may take, as one in so many. */
const ONE_IN = 20;
/**
 * Milliseconds of a frame from which on a ground is dear: then it may fall into one frame in forty
 * only.
 */
const DEAR = 4;
const DEAR_WAIT = 700;
const LONGEST_WAIT = 2000;

export interface Layers {
  ground(): void;
  /** @returns whether it goes on moving */
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

  /** Everything is out of date. @param now do not wait: the person did something */
  ground(now = false): void {
    this.#groundDue = true;
    if (now) this.#earliest = 0;
    this.above();
  }

  /** Only what moves is. */
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

/** A canvas as large as its box, cleared. @returns null: it is not there, or has no size yet */
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

/** What an SVG pen wrote, as the content of an element that holds nothing else. */
export function showVectors(svg: SVGSVGElement, content: string): void {
  svg.innerHTML = content;
}
