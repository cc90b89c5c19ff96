/**
 * Versions of NVIDIA's libraries that are installed beside TensorFlow: those of one CUDA release
 * (12.8, update 1), so that an installation does not depend on its date.
 */
import { satisfies, type Requirement } from './python-index.ts';

const VERSIONS: Readonly<Partial<Record<string, string>>> = {
  'nvidia-cublas-cu12': '12.8.4.1',
  'nvidia-cuda-cupti-cu12': '12.8.90',
  'nvidia-cuda-nvcc-cu12': '12.8.93',
  'nvidia-cuda-nvrtc-cu12': '12.8.93',
  'nvidia-cuda-runtime-cu12': '12.8.90',
  'nvidia-cudnn-cu12': '9.10.2.21',
  'nvidia-cufft-cu12': '11.3.3.83',
  'nvidia-curand-cu12': '10.3.9.90',
  'nvidia-cusolver-cu12': '11.7.3.90',
  'nvidia-cusparse-cu12': '12.5.8.93',
  'nvidia-nccl-cu12': '2.27.5',
  'nvidia-nvjitlink-cu12': '12.8.93',
};

/**
 * Returns the requirement of the listed version; the given one where the library is not listed or
 * the TensorFlow wheel excludes that version.
 */
export function pinned(requirement: Requirement): Requirement {
  const version = VERSIONS[requirement.name.toLowerCase().replaceAll(/[-_.]+/g, '-')];
  if (version === undefined || !satisfies(version, requirement)) return requirement;
  return { name: requirement.name, specifiers: [{ operator: '==', version }] };
}
