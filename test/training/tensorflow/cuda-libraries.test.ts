import { describe, expect, it } from 'vitest';
import { pinned } from '../../../src/training/executors/tensorflow/install/cuda-libraries.ts';
import {
  parseRequirement,
  requirementText,
  satisfies,
} from '../../../src/training/executors/tensorflow/install/python-index.ts';

describe('Installation: CUDA libraries', () => {
  it.each([
    ['nvidia-cudnn-cu12<10.0,>=9.3.0.75', 'nvidia-cudnn-cu12==9.10.2.21'],
    ['nvidia_cublas_cu12<13.0,>=12.5.3.2', 'nvidia_cublas_cu12==12.8.4.1'],
    ['nvidia-nccl-cu12<3.0,>=2.28', 'nvidia-nccl-cu12<3.0,>=2.28'],
    ['nvidia-other-cu12<3.0', 'nvidia-other-cu12<3.0'],
  ])('of %s are requested as %s', (text, expected) => {
    expect(requirementText(pinned(parseRequirement(text)))).toBe(expected);
  });

  it('are requested in pip’s syntax', () => {
    const requirement = parseRequirement('nvidia-cudnn-cu12<10.0,>=9.3.0.75; extra == "and-cuda"');
    expect(requirementText(requirement)).toBe('nvidia-cudnn-cu12<10.0,>=9.3.0.75');
    const versions = ['9.3.0.74', '9.3.0.75', '9.10', '10.0', '10'];
    expect(versions.filter((version) => satisfies(version, requirement))).toEqual([
      '9.3.0.75',
      '9.10',
    ]);
  });
});
