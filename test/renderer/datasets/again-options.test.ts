import { describe, expect, it } from 'vitest';
import { columnOptions, columnsToPredict, typedColumns } from '../../../src/renderer/views/datasets/again-options.ts';

describe('Imports: choosing the predicted column', () => {
  it('imports a class from one column, whose name may contain a comma', () => {
    expect(columnOptions('class', typedColumns('class', ' species '))).toEqual({ label: 'species' });
    expect(columnOptions('class', typedColumns('class', 'size, cm'))).toEqual({ label: 'size, cm' });
  });

  it('imports numbers to predict from one column or several', () => {
    expect(columnOptions('numbers', typedColumns('numbers', 'price'))).toEqual({ targets: ['price'] });
    expect(columnOptions('numbers', typedColumns('numbers', 'price, area,'))).toEqual({ targets: ['price', 'area'] });
    expect(columnOptions('numbers', ['size, cm'])).toEqual({ targets: ['size, cm'] });
  });

  it('waits until a column is named', () => {
    expect([columnOptions('class', typedColumns('class', ' ')), columnOptions('numbers', typedColumns('numbers', ', '))]).toEqual([
      null,
      null,
    ]);
  });

  it('offers the columns of a previewed table without the placeholder of the class', () => {
    expect(columnsToPredict({ columns: ['width', 'height', 'class'], targets: 0 })).toEqual(['width', 'height']);
    expect(columnsToPredict({ columns: ['width', 'price'], targets: 1 })).toEqual(['width', 'price']);
  });
});
