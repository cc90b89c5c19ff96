/**
 * The schema of training's settings, for editors, made from the fields in
 * `core/formats/settings-format.ts`. Training reads and judges them itself, against the search
 * space.
 */
import { z } from 'zod';
import {
  AUGMENT,
  CLIP,
  OPTIMIZER,
  OPTIMIZER_TYPES,
  SCHEDULE,
  SCHEDULE_TYPES,
  SETTINGS,
} from '../core/formats/settings-format.ts';
import { strict } from './problems.ts';
import { schemasOf, word } from './schema-of-fields.ts';

const { batch, epochs, ...others } = schemasOf(SETTINGS, 'settings');
const { norm, value } = schemasOf(CLIP, 'settings');

export const trainSettings = strict({
  batch,
  epochs,
  optimizer: strict({ type: word(OPTIMIZER_TYPES), ...schemasOf(OPTIMIZER, 'settings') }),
  schedule: strict({ type: word(SCHEDULE_TYPES), ...schemasOf(SCHEDULE, 'settings') })
    .exactOptional()
    .describe('What becomes of the learning rate; default constant.'),
  clip: z
    .union([strict({ norm }), strict({ value })])
    .exactOptional()
    .describe('Limits all gradients together by their norm, or each by its value; default none.'),
  augment: strict(schemasOf(AUGMENT, 'settings')).exactOptional().describe('Of training images.'),
  ...others,
});
