/** Machines that want to join the lab, and this machine's own place in another one. */
import type {
  Admission,
  AdmissionsBody,
  OwnerBody,
  SeenBody,
} from '../../protocol/window/nodes.ts';
import type { Client } from '../client.ts';

export class NodesState {
  admissions = $state.raw<readonly Admission[]>([]);
  /** Null before the first message. */
  owner = $state.raw<OwnerBody | null>(null);
  /** Labs that this machine sees; null while it does not look for them. */
  seen = $state.raw<SeenBody | null>(null);
  /** True if the dialog for joining a lab, or that for sharing this one, is open. */
  joining = $state(false);
  sharing = $state(false);
  readonly #client: Pick<Client, 'subscribe'>;
  readonly #ends: readonly (() => void)[];

  constructor(client: Pick<Client, 'subscribe'>) {
    this.#client = client;
    this.#ends = [
      client.subscribe(
        'lab.admissions',
        {},
        { on: ({ admissions }: AdmissionsBody) => (this.admissions = admissions) },
      ),
      client.subscribe('owner.state', {}, { on: (owner: OwnerBody) => (this.owner = owner) }),
    ];
  }

  /** Looks for labs on the network. @returns a function that ends it */
  look(): () => void {
    const end = this.#client.subscribe('join.seen', {}, { on: (seen) => (this.seen = seen) });
    return () => {
      end();
      this.seen = null;
    };
  }

  close(): void {
    for (const end of this.#ends) end();
  }
}
