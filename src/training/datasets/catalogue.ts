/** The bundled datasets: what is known of them before anything is read, so that objectives can be checked without loading. */
export interface DatasetEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly classes: number;
  readonly training: number;
  readonly test: number;
  /** Files under resources/datasets/<name>: training images and labels, test images and labels; with their SHA-256. */
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

export const DATASETS: ReadonlyMap<string, DatasetEntry> = new Map([
  [
    'mnist',
    {
      name: 'mnist',
      shape: [1, 28, 28],
      classes: 10,
      training: 60000,
      test: 10000,
      files: [
        { name: 'train-images-idx3-ubyte.gz', sha256: '71524e2cd1ad2968737f7f2f2ff69cbfc32df8ccddff51593f7cb2d4e0eb5b64' },
        { name: 'train-labels-idx1-ubyte.gz', sha256: 'fe03b8bd7915f70bf5aa08be480aa413fbd85afcaa58b35d230d335f284fd88e' },
        { name: 't10k-images-idx3-ubyte.gz', sha256: '5634745efa576a17e7d4cf5cd9d09123c75e6538e5114267c2d156edaf519341' },
        { name: 't10k-labels-idx1-ubyte.gz', sha256: 'ae18e77e031ccde52407f794d123116439864147d33ac992975f85dd4dc42af6' },
      ],
    },
  ],
]);
