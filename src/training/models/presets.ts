/** Networks known by name. Each is also a file of the same content in resources/networks, for people to copy and edit. */
export const PRESETS: ReadonlyMap<string, object> = new Map<string, object>([
  [
    'mnist-paper',
    {
      format: 'galapagos-network/1',
      name: 'mnist-paper',
      input: { shape: [1, 28, 28], mean: [0.1307], deviation: [0.3081] },
      layers: [
        { type: 'conv', filters: 2, kernel: 5 },
        { type: 'max-pool', size: 2 },
        { type: 'relu' },
        { type: 'conv', filters: 4, kernel: 5 },
        { type: 'max-pool', size: 2 },
        { type: 'relu' },
        { type: 'flatten' },
        { type: 'dropout', rate: { $param: 'dropout' } },
        { type: 'dense', units: 10 },
      ],
      loss: { type: 'softmax-cross-entropy' },
    },
  ],
]);
