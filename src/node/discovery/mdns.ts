/** mDNS on one interface of this machine. What arrives is untrusted and checked by its users. */
import type { EventEmitter } from 'node:events';
import { Bonjour } from 'bonjour-service';
import type { Browser, Service } from 'bonjour-service';

/** Name of the service: `_galapagos._tcp`. */
const TYPE = 'galapagos';
/** Services of one answer period; more of them are noise. */
const MOST_SERVICES = 256;

export interface MdnsListener {
  /** A host answered; again at each look. */
  found(service: Service): void;
  /** A host said goodbye. */
  gone(service: Service): void;
  /** The interface cannot be used. */
  failed(error: Error): void;
}

export interface Advertised {
  readonly instance: string;
  readonly target: string;
  readonly port: number;
  readonly txt: Readonly<Record<string, string>>;
}

export class Mdns {
  readonly #bonjour: Bonjour;
  readonly #listener: MdnsListener;
  /** The present round of answers and the one before, so that no goodbye is missed. */
  #rounds: readonly Browser[] = [];
  #closed: Promise<void> | null = null;

  /**
   * @param address of the interface, IPv4
   * @param port UDP port; 5353 except in tests
   */
  constructor(address: string, port: number, listener: MdnsListener) {
    this.#listener = listener;
    // Without `bind` nothing is received, because multicast is not addressed to the interface.
    const options = { interface: address, bind: '0.0.0.0', port };
    this.#bonjour = new Bonjour(options, (error: Error) => listener.failed(error));
    emitterOf(this.#bonjour).on('error', (error: Error) => listener.failed(error));
  }

  /** Announces a host until `withdraw`. */
  announce({ instance, target, port, txt }: Advertised): void {
    // A probe finds a host with two interfaces through the other one and refuses its own name.
    this.#bonjour.publish({
      name: instance,
      type: TYPE,
      port,
      txt: { ...txt },
      host: target,
      probe: false,
    });
  }

  withdraw(): Promise<void> {
    return new Promise((resolve) => this.#bonjour.unpublishAll(() => resolve()));
  }

  /** Asks who is there. A browser reports each host once, so each round has a new one. */
  look(): void {
    const round = this.#bonjour.find({ type: TYPE });
    round.on('up', (service) => {
      if (round.services.length > MOST_SERVICES) round.stop();
      else this.#listener.found(service);
    });
    round.on('down', (service) => this.#listener.gone(service));
    const [present, ...old] = this.#rounds;
    for (const browser of old) browser.stop();
    this.#rounds = present === undefined ? [round] : [round, present];
  }

  stopLooking(): void {
    for (const browser of this.#rounds) browser.stop();
    this.#rounds = [];
  }

  close(): Promise<void> {
    this.stopLooking();
    return (this.#closed ??= this.withdraw().then(
      () => new Promise((resolve) => this.#bonjour.destroy(() => resolve())),
    ));
  }
}

/** The library neither handles nor types errors of its socket, such as a port without access. */
function emitterOf(bonjour: Bonjour): EventEmitter {
  return (bonjour as unknown as { server: { mdns: EventEmitter } }).server.mdns;
}
