/** Whether the host is there, and since when it is not. */
export class Connection {
  /** `refused`: the host is there, but takes this browser's token no more. */
  state = $state<'opening' | 'open' | 'lost' | 'refused'>('opening');
  /** Milliseconds since 1970; null: it is there. */
  lostAt = $state<number | null>(null);
  /** When something was heard last: what the numbers on the screen are of. */
  heardAt = 0;

  changed(state: 'opening' | 'open' | 'lost' | 'refused', at: number): void {
    if (state === 'lost' || state === 'refused') this.lostAt ??= at;
    if (state === 'open') this.lostAt = null;
    this.state = state;
  }
}
