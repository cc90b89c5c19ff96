/**
 * Chooses size and channels for images that differ: the most frequent ones, else a small square.
 * Reads headers only.
 */
import type { Image } from './image.ts';

export type ImageForm = Pick<Image, 'width' | 'height' | 'channels'>;

/**
 * Thrown where images differ and may be scaled: all are to be read again and scaled to this form.
 */
export class MixedImages extends Error {
  readonly form: ImageForm;

  constructor(form: ImageForm) {
    super('images of mixed size or channels');
    this.form = form;
  }
}

/** Longest side where no size is that of half the images: small networks train on small images. */
const LONGEST_SIDE = 64;

export class ImageSurvey {
  readonly #counts = new Map<
    string,
    { readonly width: number; readonly height: number; count: number }
  >();
  #channels: 1 | 3 = 1;
  #images = 0;

  add({ width, height, channels }: ImageForm, images = 1): void {
    const key = `${String(width)}×${String(height)}`;
    const size = this.#counts.get(key) ?? { width, height, count: 0 };
    size.count += images;
    this.#counts.set(key, size);
    if (channels === 3) this.#channels = 3;
    this.#images += images;
  }

  /** Ties go to the size that came first. */
  form(): ImageForm {
    const sizes = [...this.#counts.values()].sort((a, b) => b.count - a.count);
    const [most] = sizes;
    if (most !== undefined && 2 * most.count >= this.#images)
      return { width: most.width, height: most.height, channels: this.#channels };
    const sides = sizes
      .flatMap(({ width, height, count }) => ({ side: Math.min(width, height), count }))
      .sort((a, b) => a.side - b.side);
    let left = this.#images / 2;
    const median = sides.find(({ count }) => (left -= count) <= 0)?.side ?? LONGEST_SIDE;
    const side = Math.min(median, LONGEST_SIDE);
    return { width: side, height: side, channels: this.#channels };
  }
}
