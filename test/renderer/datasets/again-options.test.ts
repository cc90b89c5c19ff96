import { describe, expect, it } from 'vitest';
import { columnOptions, typedColumns } from '../../../src/renderer/dataset-parts/again-options.ts';

describe('Imports: choosing the predicted column', () => {
  it('imports a class from one column, whose name may contain a comma', () => {
    const none = { targets: [], drop: [] };
    expect(columnOptions('class', typedColumns('class', ' species '))).toEqual({
      label: 'species',
      ...none,
    });
    expect(columnOptions('class', typedColumns('class', 'size, cm'))).toEqual({
      label: 'size, cm',
      ...none,
    });
  });

  it('imports numbers to predict from one column or several', () => {
    const none = { label: null, drop: [] };
    expect(columnOptions('numbers', typedColumns('numbers', 'price'))).toEqual({
      targets: ['price'],
      ...none,
    });
    expect(columnOptions('numbers', typedColumns('numbers', 'price, area,'))).toEqual({
      targets: ['price', 'area'],
      ...none,
    });
    expect(columnOptions('numbers', ['size, cm'])).toEqual({ targets: ['size, cm'], ...none });
  });

  it('waits until a column is named', () => {
    expect([
      columnOptions('class', typedColumns('class', ' ')),
      columnOptions('numbers', typedColumns('numbers', ', ')),
    ]).toEqual([null, null]);
  });

  it('keeps excluded the columns that earlier imports excluded, except the chosen one', () => {
    expect(columnOptions('numbers', ['price'], ['species', 'name'])).toMatchObject({
      drop: ['species', 'name'],
    });
    expect(columnOptions('class', ['species'], ['species', 'name'])).toMatchObject({
      label: 'species',
      drop: ['name'],
    });
  });
});
