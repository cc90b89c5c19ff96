/** State of the connection to the host, and since when it is lost. */
export class Connection {
  /** `refused`: the host answers but no longer accepts this browser's token. */
  state = $state<'opening' | 'open' | 'lost' | 'refused'>('opening');
  /** Milliseconds since 1970; null while the connection is open. */
  lostAt = $state<number | null>(null);
  /** Time of the last message, which the figures on the screen refer to. */
  heardAt = 0;

  changed(state: 'opening' | 'open' | 'lost' | 'refused', at: number): void {
    if (state === 'lost' || state === 'refused') this.lostAt ??= at;
    if (state === 'open') this.lostAt = null;
    this.state = state;
  }
}
