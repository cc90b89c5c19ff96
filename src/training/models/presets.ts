/** Built-in networks by name: the files of resources/networks. */
import cnn from '../../../resources/networks/cnn.json' with { type: 'json' };
import efficientnetB0 from '../../../resources/networks/efficientnet-b0.json' with { type: 'json' };
import lenet5 from '../../../resources/networks/lenet-5.json' with { type: 'json' };
import mlp from '../../../resources/networks/mlp.json' with { type: 'json' };
import mnistPaper from '../../../resources/networks/mnist-paper.json' with { type: 'json' };
import resnet20 from '../../../resources/networks/resnet-20.json' with { type: 'json' };

export const PRESETS: ReadonlyMap<string, object> = new Map<string, object>(
  [mnistPaper, lenet5, cnn, mlp, resnet20, efficientnetB0].map((description) => [
    description.name,
    description,
  ]),
);
