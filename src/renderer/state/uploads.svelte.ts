/** Files that are uploaded to a host without access to this disk, before their import begins. */
export interface Upload {
  readonly id: number;
  readonly label: string;
  /** Number of files found so far. */
  readonly files: number;
  /** Bytes sent so far. */
  readonly sent: number;
  /** Total bytes; null while the files are listed. */
  readonly of: number | null;
  readonly cancel: () => void;
}

export class Uploads {
  rows = $state.raw<readonly Upload[]>([]);
  #next = 0;

  begin(label: string, cancel: () => void): number {
    const id = this.#next++;
    this.rows = [...this.rows, { id, label, cancel, files: 0, sent: 0, of: null }];
    return id;
  }

  found(id: number, files: number): void {
    this.#change(id, { files });
  }

  /** @param of total bytes */
  listed(id: number, files: number, of: number): void {
    this.#change(id, { files, of });
  }

  progress(id: number, sent: number): void {
    this.#change(id, { sent });
  }

  end(id: number): void {
    this.rows = this.rows.filter((row) => row.id !== id);
  }

  #change(id: number, change: Partial<Upload>): void {
    this.rows = this.rows.map((row) => (row.id === id ? { ...row, ...change } : row));
  }
}
