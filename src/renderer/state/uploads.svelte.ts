/** Files on their way to a host that doesn't see this disk, before the import begins. */
export interface Upload {
  readonly id: number;
  readonly label: string;
  readonly sent: number;
  readonly of: number;
  readonly cancel: () => void;
}

export class Uploads {
  rows = $state.raw<readonly Upload[]>([]);
  #next = 0;

  begin(label: string, of: number, cancel: () => void): number {
    const id = this.#next++;
    this.rows = [...this.rows, { id, label, of, cancel, sent: 0 }];
    return id;
  }

  progress(id: number, sent: number): void {
    this.rows = this.rows.map((row) => (row.id === id ? { ...row, sent } : row));
  }

  end(id: number): void {
    this.rows = this.rows.filter((row) => row.id !== id);
  }
}
