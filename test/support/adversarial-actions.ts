/**
 * Lists the actions that are possible in an adversarial world: chosen at random with faults or, in
 * a fair world, without further faults.
 */
import type { AttemptResult } from '../../src/core/scheduling/index.ts';
import { sameAttempt } from '../../src/core/scheduling/attempts.ts';
import { searchOf } from '../../src/core/study/search-edit.ts';
import type { Held } from '../../src/core/simulation/simulated-worker.ts';
import { STUDY } from './adversarial-world.ts';
import type { AdversarialWorld, Faults, Process, Side } from './adversarial-world.ts';
import { modelMetrics, modelValue } from './model-study.ts';

export interface Action {
  readonly name: string;
  /** Relative probability of the action. */
  readonly weight: number;
  readonly act: () => void;
}

/**
 * Faults are rare, so that work is in progress when they occur. Time passes slowly, because
 * otherwise every time-out would expire.
 */
const FAULT = 0.1;
const TIME = 0.2;

/** Number of timers after which a silence has had its effect. */
const PASSES = 1_000;

/** Greatest number of processes that a worker starts while faults are allowed. */
const SPAWNS = 4;

export function actionsOf(world: AdversarialWorld, fair: boolean): Action[] {
  const actions = new Actions(world, fair);
  actions.coordinator();
  for (const side of world.sides) {
    actions.spawns(side);
    for (const process of side.processes) actions.process(side, process);
  }
  if (!fair) actions.network();
  if (world.wakeAt !== null && (!fair || actions.list.length === 0)) actions.time();
  return actions.list;
}

class Actions {
  readonly list: Action[] = [];
  readonly #world: AdversarialWorld;
  readonly #fair: boolean;

  constructor(world: AdversarialWorld, fair: boolean) {
    this.#world = world;
    this.#fair = fair;
  }

  #add(name: string, act: () => void, weight = 1): void {
    this.list.push({ name, weight, act });
  }

  /** A fault, as long as the budget for its kind is not used. */
  #fault(kind: keyof Faults, name: string, act: () => void): void {
    const { faults } = this.#world;
    if (this.#fair || faults[kind] <= 0) return;
    const once = (): void => {
      faults[kind] -= 1;
      act();
    };
    this.#add(name, once, FAULT);
  }

  coordinator(): void {
    const world = this.#world;
    if (world.lab === null) {
      this.#add('boot', () => world.boot());
      return;
    }
    if (world.writes.length > 0) this.#add('commit', () => world.commit());
    if (world.outbox[0]?.gated === false) this.#add('release', () => world.release());
    if (world.asks.length > 0) {
      this.#add('answer the ask', () => world.answer(false));
      if ((world.options.faults.edit ?? 0) > 0)
        this.#add('answer the ask as it was computed at once', () => world.answer(true));
    }
    this.#nodes();
    world.results.forEach((result, i) => {
      if (!world.machines.reaches(result.slot)) return;
      this.#add(
        `result ${result.attempt.number}/${result.attempt.attemptNumber} ${result.result.outcome}`,
        () => {
          world.results.splice(i, 1);
          world.take(result);
        },
      );
    });
    world.upward.forEach((said, i) => {
      if (!world.machines.reaches(said.slot)) return;
      this.#add(`${said.type} of ${said.slot}`, () => {
        world.upward.splice(i, 1);
        world.take(said);
      });
    });
    world.exits.forEach((exit, i) => {
      if (!world.machines.reaches(exit.slot)) return;
      this.#add(`exit of ${exit.slot}`, () => {
        world.exits.splice(i, 1);
        world.take(exit);
      });
    });
    this.#commands();
    this.#fault('coordinatorKill', 'the coordinator is killed', () => world.killCoordinator(false));
    this.#fault('coordinatorKill', 'the coordinator is killed, and all messages with it', () =>
      world.killCoordinator(true),
    );
  }

  /** Nodes join; their commands, and whatever takes an interruption back. */
  #nodes(): void {
    const world = this.#world;
    const { machines } = world;
    const [first] = machines.all;
    for (const machine of machines.all) {
      const { node, linkUp, unlisted, gone } = machine;
      if (unlisted || gone) continue;
      if (!linkUp) {
        this.#add(`the link of ${node} is mended`, () => machines.mend(machine, false));
        this.#add(`${node} connects anew`, () => machines.mend(machine, true));
        continue;
      }
      const known = world.lab?.nodes.get(node);
      if (known?.presence === 'absent') machine.joins = true;
      if (machine.joins && !this.#isWelcomed(node))
        this.#add(`${node} joins`, () => machines.join(machine));
      this.#fault('linkCut', `the link of ${node} is cut`, () => (machine.linkUp = false));
      for (const loseSent of [false, true])
        this.#fault('relink', `the connection of ${node} breaks`, () =>
          machines.breakLink(machine, loseSent),
        );
      this.#fault('nodeKill', `${node} is killed`, () => machines.kill(machine, false));
      for (const slot of this.#slotsOf(node)) {
        const { held } = machine;
        if (held.has(slot)) this.#add(`${slot} goes on`, () => held.delete(slot));
        else this.#fault('hold', `${slot} is held`, () => held.add(slot));
      }
      if (machine === first || known === undefined) continue;
      const setMode = (mode: 'open' | 'paused' | 'draining', graceMs: number): void =>
        world.take({ type: 'nodeMode', node, mode, graceMs, by: 'user' });
      if (known.mode !== 'open') this.#add(`resume ${node}`, () => setMode('open', 0));
      for (const graceMs of [0, 5_000]) {
        this.#fault('nodePause', `pause ${node}`, () => setMode('paused', graceMs));
        this.#fault('nodeDrain', `drain ${node}`, () => setMode('draining', graceMs));
      }
      this.#fault('nodeRemove', `remove ${node}`, () => {
        machine.unlisted = true;
        world.take({ type: 'nodeRemoved', node });
      });
      this.#fault('nodeGone', `${node} is gone`, () => machines.kill(machine, true));
    }
  }

  #slotsOf(node: string): readonly string[] {
    return this.#world.sides.map(({ slot }) => slot).filter((slot) => slot.startsWith(`${node}/`));
  }

  /** A welcome is on its way to the node. */
  #isWelcomed(node: string): boolean {
    const link = this.#world.machines.all.find((machine) => machine.node === node)?.link;
    return this.#world.outbox.some(
      ({ instruction: told }) =>
        told.do === 'sendNode' &&
        told.node === node &&
        told.message.type === 'welcome' &&
        told.message.link === link,
    );
  }

  #commands(): void {
    const world = this.#world;
    const study = world.study;
    if (study === null) return;
    this.#fault('describe', 'rename', () =>
      world.take({
        type: 'studyDescribed',
        study: STUDY,
        name: `name ${world.now}`,
        note: 'renamed',
      }),
    );
    if (study.deleted) {
      this.#add('restore', () =>
        world.take({ type: 'studyDescribed', study: STUDY, deleted: false }),
      );
      // The coordinator refuses each of them.
      this.#fault('pause', 'resume while deleted', () =>
        world.take({ type: 'studyResumed', study: STUDY }),
      );
      return;
    }
    this.#fault('delete', 'delete', () =>
      world.take({ type: 'studyDescribed', study: STUDY, deleted: true }),
    );
    if (study.state !== 'ending')
      this.#fault('edit', 'edit the search', () => {
        const search = searchOf(study.spec);
        const sampler = { name: 'model', edits: study.spec.edits?.length ?? 0 };
        world.take({
          ...{ type: 'searchEdited', study: STUDY, date: world.now },
          search: { ...search, sampler },
        });
      });
    if (world.interrupted)
      this.#add('resume', () => world.take({ type: 'studyResumed', study: STUDY }));
    if (study.state === 'paused' || study.state === 'running') {
      this.#fault('stop', 'stop at once', () =>
        world.take({ type: 'studyStopped', study: STUDY, graceMs: 0 }),
      );
    }
    if (study.state === 'running') {
      this.#fault('pause', 'pause at once', () =>
        world.take({ type: 'studyPaused', study: STUDY, graceMs: 0 }),
      );
      this.#fault('stop', 'stop', () =>
        world.take({ type: 'studyStopped', study: STUDY, graceMs: 5_000 }),
      );
      this.#fault('pause', 'pause', () =>
        world.take({ type: 'studyPaused', study: STUDY, graceMs: 5_000 }),
      );
    }
    for (const number of study.open.keys()) {
      this.#fault('cancel', `cancel ${number}`, () =>
        world.take({ type: 'trialCancelled', study: STUDY, number }),
      );
    }
  }

  spawns(side: Side): void {
    const world = this.#world;
    if (!world.machines.lives(side.slot)) return;
    if (world.options.local !== true && world.options.nodes === undefined) {
      if (side.processes.length === 0 && (this.#fair || side.spawns < SPAWNS)) {
        this.#add(`spawn ${side.slot}`, () => world.start(side, `1.${side.spawns + 1}`));
      }
      return;
    }
    const [incarnation, condemned] = [side.wanted[0], side.condemned[0]];
    if (incarnation !== undefined) {
      this.#add(`spawn ${side.slot} ${incarnation}`, () => {
        side.wanted.shift();
        world.start(side, incarnation);
      });
    }
    if (condemned === undefined) return;
    this.#add(`execute ${side.slot} ${condemned}`, () => {
      side.condemned.shift();
      const process = side.processes.find(({ worker }) => worker.incarnation === condemned);
      if (process !== undefined) world.kill(side, process, false, 'us');
    });
  }

  process(side: Side, process: Process): void {
    const world = this.#world;
    const { worker } = process;
    const name = `${side.slot}#${worker.incarnation}`;
    this.#fault('workerKill', `${name} is killed`, () => world.kill(side, process, false));
    this.#fault('workerKill', `${name} is killed, and its messages with it`, () =>
      world.kill(side, process, true),
    );
    if (process.stopped) {
      this.#add(`${name} wakes`, () => (process.stopped = false));
      return;
    }
    this.#fault('workerStop', `${name} stops`, () => (process.stopped = true));
    if (this.#shouldSayHello(process))
      this.#add(`${name} says hello`, () => world.upward.push(worker.hello()));
    if (worker.session !== null)
      this.#fault('helloAgain', `${name} says hello again`, () =>
        world.upward.push(worker.hello()),
      );
    if (this.#beatMatters(process)) {
      this.#add(`${name} beats`, () => {
        const beat = worker.beat();
        if (beat !== null) world.upward.push(beat);
      });
    }
    const linkUp = world.machines.of(side.slot)?.linkUp ?? true;
    const task = process.tasks.findIndex(({ session }) => session === worker.session);
    if (task >= 0 && linkUp) {
      this.#add(`${name} takes a task`, () => {
        const [taken] = process.tasks.splice(task, 1);
        if (taken !== undefined) world.react(side, process, worker.take(taken));
      });
    }
    if (process.control.length > 0 && linkUp)
      this.#add(`${name} hears ${process.control[0]?.do ?? ''}`, () => world.listen(side, process));
    const [held] = worker.running();
    if (held !== undefined) {
      const x = held.params[0] ?? NaN;
      const value = modelValue(x);
      const ms = world.durationOf(worker.slot);
      const until = held.part?.until ?? null;
      const measured = {
        ...(world.options.front === true ? { metrics: modelMetrics(x) } : {}),
        ...(until === null ? {} : { reports: [{ step: until - 1, value }] }),
      };
      this.#add(`${name} finishes ${held.attempt.number}/${held.attempt.attemptNumber}`, () =>
        this.#finish(process, held, { outcome: 'succeeded', value, ms, ...measured }),
      );
      const { number, attemptNumber } = held.attempt;
      const step = worker.holding.length + world.faults.report;
      this.#fault('report', `${name} reports ${number}/${attemptNumber} at ${step}`, () =>
        world.take({
          ...{
            type: 'report',
            slot: worker.slot,
            incarnation: worker.incarnation,
            attempt: held.attempt,
          },
          report: { step, value },
        }),
      );
      this.#fault('prune', `${name} prunes ${number}/${attemptNumber}`, () =>
        this.#finish(process, held, {
          outcome: 'pruned',
          reports: [
            { step: 0, value: 0.5 },
            { step: 9, value },
          ],
          ms,
        }),
      );
      this.#fault('crash', `${name} crashes ${held.attempt.number}`, () =>
        this.#finish(process, held, { outcome: 'crashed', ms }),
      );
    }
    for (const result of worker.session === null || world.options.breach === 'results said once'
      ? []
      : worker.unanswered()) {
      if (!this.#isUnderWay(process, result.attempt))
        this.#add(`${name} says a result again`, () => world.results.push(result));
    }
  }

  #finish({ worker }: Process, held: Held, result: AttemptResult): void {
    this.#world.results.push(worker.finish(held, result));
  }

  #shouldSayHello({ worker, control }: Process): boolean {
    if (worker.session !== null) return false;
    const said = this.#world.upward.some(
      (other) =>
        other.type === 'hello' &&
        other.slot === worker.slot &&
        other.incarnation === worker.incarnation,
    );
    return !said && !this.#isAnswered({ worker, control });
  }

  /** A welcome or a goodbye is on its way to the worker. */
  #isAnswered({ worker, control }: Pick<Process, 'worker' | 'control'>): boolean {
    return [...control, ...this.#world.outbox.map(({ instruction }) => instruction)].some(
      (told) =>
        (told.do === 'sendWelcome' || told.do === 'sendGoodbye') &&
        told.slot === worker.slot &&
        told.incarnation === worker.incarnation,
    );
  }

  /**
   * Heartbeats repeat the same content; only those that change the state are offered as actions.
   */
  #beatMatters(process: Process): boolean {
    const { worker } = process;
    const { lab, upward } = this.#world;
    if (
      worker.session === null ||
      lab === null ||
      upward.some((said) => said.type === 'beat' && said.slot === worker.slot)
    )
      return false;
    const slot = lab.slots.get(worker.slot);
    if (slot?.session !== worker.session) return !this.#isAnswered(process);
    const outstanding = slot.cohorts.flatMap((cohort) =>
      cohort.taskSeq <= worker.taskSeq ? cohort.attempts.filter((a) => a.cohort === cohort) : [],
    );
    const unheld = outstanding.some(
      ({ id }) => !worker.holding.some(({ attempt }) => sameAttempt(attempt, id)),
    );
    const open = (held: Held): boolean =>
      outstanding.some(({ id, state }) => state === 'open' && sameAttempt(id, held.attempt));
    return unheld || worker.holding.some((held) => held.result === null && !open(held));
  }

  #isUnderWay({ control }: Process, attempt: Held['attempt']): boolean {
    const { outbox, results } = this.#world;
    if (results.some((result) => sameAttempt(result.attempt, attempt))) return true;
    return [...control, ...outbox.map(({ instruction }) => instruction)].some(
      (told) =>
        (told.do === 'sendAck' || told.do === 'sendRefused') && sameAttempt(told.attempt, attempt),
    );
  }

  network(): void {
    const world = this.#world;
    const queues = [
      world.results,
      world.upward,
      ...world.sides.flatMap(({ processes }) =>
        processes.flatMap(({ tasks, control }) => [tasks, control]),
      ),
    ];
    for (const queue of queues as unknown[][]) {
      if (queue.length === 0) continue;
      this.#fault('drop', 'a message is lost', () => queue.shift());
      this.#fault('duplicate', 'a message is repeated', () => queue.push(queue[0]));
    }
  }

  /** Time passes without harm, or a live process is silent for the length of a lease. */
  time(): void {
    const world = this.#world;
    if (!this.#fair && this.#someAreOnTheirWay()) return;
    this.#add('time passes', () => world.pass(), TIME);
    for (const machine of world.machines.all) {
      const { node } = machine;
      if (world.lab?.nodes.get(node)?.presence !== 'present' || !machine.linkUp) continue;
      this.#fault('falseAway', `${node} is not heard`, () => {
        for (let i = 0; i < PASSES && world.lab?.nodes.get(node)?.presence === 'present'; i++)
          world.pass(null, machine);
      });
    }
    for (const { slot, processes } of world.sides) {
      for (const process of processes) {
        const session = process.stopped ? null : process.worker.session;
        if (session === null || world.lab?.slots.get(slot)?.session !== session) continue;
        this.#fault('falseExpiry', `${slot} is not heard`, () => {
          for (let i = 0; i < PASSES && world.lab?.slots.get(slot)?.session === session; i++)
            world.pass(process);
        });
      }
    }
  }

  /** A session whose worker does not know it yet would end as a silent one. */
  #someAreOnTheirWay(): boolean {
    const { lab, sides } = this.#world;
    return sides.some(({ slot, processes }) => {
      const session = lab?.slots.get(slot)?.session ?? null;
      return (
        session !== null &&
        processes.some(({ worker, stopped }) => !stopped && worker.session !== session)
      );
    });
  }
}
