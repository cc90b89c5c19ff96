/**
 * Images of a dataset in order of arrival, from class folders or tables: decoded, checked against
 * the first one's size, or scaled to the requested size.
 */
import { grouped, mismatch } from '../dataset-error.ts';
import type { Importing } from '../import/importing.ts';
import { splitOfFolder, type Split } from '../import/split-names.ts';
import { collectGarbage } from '../sources/collect-garbage.ts';
import { ImageSurvey, MixedImages, type ImageForm } from './image-survey.ts';
import { resize, withChannels, type Image } from './image.ts';
import { isJpeg, jpegDecoder, jpegForm, type DecodeJpeg } from './jpeg.ts';
import { decodePng, isPng, pngForm } from './png.ts';

/** Size in bytes from which an image is released before the next one is decoded. */
const LARGE_BYTES = 4 * 2 ** 20;

interface Wanted {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** The image that determined the form. */
  readonly from: string;
}

export class ImageSet {
  readonly #importing: Importing;
  #jpeg: DecodeJpeg | null = null;
  #wanted: Wanted | null = null;
  #resized = 0;
  #coloured = 0;
  /** Set from the first image on that differs, where scaling is allowed. */
  #survey: ImageSurvey | null = null;

  constructor(importing: Importing) {
    this.#importing = importing;
  }

  /** @param label its class in order of appearance */
  async add(name: string, file: Uint8Array, split: Split, label: number): Promise<void> {
    const { samples, checkpoint } = this.#importing;
    if (this.#survey !== null) {
      this.#survey.add(formOf(name, file));
      checkpoint();
      return;
    }
    const decoded = await this.#decoded(name, file);
    if (this.#differs(decoded)) {
      this.#survey = new ImageSurvey();
      if (this.#wanted !== null) this.#survey.add(this.#wanted, samples.count);
      this.#survey.add(decoded);
      return;
    }
    const image = this.#fitted(name, decoded);
    samples.begin(name, {
      shape: [image.channels, image.height, image.width],
      sampleType: 'u8',
      targets: 0,
    });
    samples.add(name, split, image.pixels, [label]);
    if (decoded.pixels.length > LARGE_BYTES) collectGarbage();
    checkpoint();
  }

  /** Call after the last image. @throws MixedImages where images differ and may be scaled */
  end(): void {
    if (this.#survey !== null) throw new MixedImages(this.#survey.form());
    if (this.#coloured > 0)
      this.#importing.note(`${grouped(this.#coloured)} grey images were made colour`);
  }

  /** Number of images that were resized. */
  get resized(): number {
    return this.#resized;
  }

  async #decoded(name: string, file: Uint8Array): Promise<Image> {
    if (isPng(file)) return decodePng(name, file);
    if (!isJpeg(file)) throw mismatch(name, null, 'a PNG or JPEG image', 'another file');
    this.#jpeg ??= await jpegDecoder();
    return this.#jpeg(name, file);
  }

  #differs({ width, height, channels }: Image): boolean {
    const { options } = this.#importing;
    if (options.mixed === 'refuse' || this.#wanted === null) return false;
    const otherSize =
      options.size === null && (width !== this.#wanted.width || height !== this.#wanted.height);
    return otherSize || (options.channels === null && channels !== this.#wanted.channels);
  }

  #fitted(name: string, image: Image): Image {
    const { size, channels } = this.#importing.options;
    this.#wanted ??= {
      width: size?.width ?? image.width,
      height: size?.height ?? image.height,
      channels: channels ?? image.channels,
      from: name,
    };
    const { width, height, from } = this.#wanted;
    if (channels === null && image.channels !== this.#wanted.channels) {
      const [expected, found] = [kindOf(this.#wanted), kindOf(image)];
      throw mismatch(name, null, `${expected} as ${from} is`, found, {
        option: 'channels',
        words: '--channels 1 or --channels 3 brings all to one kind',
      });
    }
    if (size === null && (image.width !== width || image.height !== height))
      throw mismatch(
        name,
        null,
        `${String(width)} × ${String(height)} pixels as ${from} has`,
        `${String(image.width)} × ${String(image.height)}`,
        { option: 'size', words: 'images of mixed size need --size, such as --size 32x32' },
      );
    if (image.width !== width || image.height !== height) this.#resized += 1;
    if (image.channels < this.#wanted.channels) this.#coloured += 1;
    return resize(withChannels(image, this.#wanted.channels), height, width);
  }
}

function kindOf({ channels }: Pick<Image, 'channels'>): string {
  return channels === 1 ? 'a grey image' : 'a colour image';
}

/** Form of an image from its header. */
function formOf(name: string, file: Uint8Array): ImageForm {
  if (isPng(file)) return pngForm(name, file);
  if (!isJpeg(file)) throw mismatch(name, null, 'a PNG or JPEG image', 'another file');
  return jpegForm(name, file);
}

/**
 * Class folder and split of an image, from its path. @throws DatasetError for an image outside a
 * class folder
 */
export function placeOf(
  file: string,
  path: string,
): { readonly folder: string; readonly split: Split | null } {
  const folders = path.split('/').slice(0, -1);
  const folder = folders.pop();
  if (
    folder === undefined ||
    (splitOfFolder(folder) !== null && !folders.some((above) => splitOfFolder(above) !== null))
  )
    throw mismatch(
      file,
      null,
      'each image in a folder named for its class',
      'one outside',
      'such as cats/1.png, or train/cats/1.png and test/cats/2.png',
    );
  return {
    folder,
    split:
      folders
        .reverse()
        .map(splitOfFolder)
        .find((split) => split !== null) ?? null,
  };
}
