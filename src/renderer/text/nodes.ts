/** Text about the lab's other machines: their states, sharing the lab, joining another one. */
import { THIN, count } from '../format.ts';
import { list, many } from './words.ts';

/** `257 970`. */
export const spaced = (digits: string): string => `${digits.slice(0, 3)} ${digits.slice(3)}`;

const versions = ({ low, high }: { low: number; high: number }): string =>
  low === high ? String(low) : `${low}–${high}`;

export const nodeText = {
  /** States of a node. */
  ready: 'Ready',
  atWork: ({ busy, of }: { busy: number; of: number }) => `${count(busy)} of ${count(of)} at work`,
  starting: 'Its workers are starting',
  fetching: ({ name, share, from }: { name: string; share: string; from: readonly string[] }) =>
    [`Fetching ${name}`, share, ...(from.length === 0 ? [] : [`from ${sources(from)}`])].join(', '),
  checking: ({ name }: { name: string }) => `Checking ${name}`,
  away: ({ time, trials }: { time: string; trials: number }) =>
    `Not heard of for ${time}.${
      trials === 0
        ? ''
        : trials === 1
          ? ' Its trial runs elsewhere too; what it finishes still counts.'
          : ` Its ${count(trials)} trials run elsewhere too; what it finishes still counts.`
    }`,
  goneSince: ({ clock }: { clock: string }) => `Gone since ${clock}`,
  asleepSince: ({ clock }: { clock: string }) => `Asleep since ${clock}`,
  left: 'Left',
  notYet: 'Not connected yet',
  draining: ({ trials }: { trials: number }) =>
    trials === 0 ? 'Takes no more trials' : `Finishes ${many(trials, 'trial')}, takes no more`,
  drained: 'Drained',
  pausedHere: 'Paused here',
  pausedByOwner: 'Paused by its owner',
  byOwner: ({ words }: { words: string }) => `${words} (by its owner)`,
  held: ({ why }: { why: string | null }) =>
    why === null ? 'In use: waits' : `In use (${why}): waits`,
  heldInput: ({ time }: { time: string }) => `input ${time} ago`,
  heldLoad: ({ share }: { share: string }) => `other programs use ${share}`,
  offUntil: ({ clock }: { clock: string }) => `Off until ${clock}`,
  quarantined: ({
    trials,
    why,
    left,
  }: {
    trials: number | null;
    why: string | null;
    left: string;
  }) =>
    `Failed ${trials === null ? 'trials' : many(trials, 'trial')} that succeeded elsewhere${why === null ? '' : `: ${why}`}. Tried again in ${left}`,
  version: ({
    node,
    own,
    lab,
    updateHere,
  }: {
    node: string;
    own: { low: number; high: number };
    lab: { low: number; high: number };
    updateHere: boolean;
  }) =>
    `${node} speaks protocol ${versions(own)}, this lab ${versions(lab)}: update Galapagos on ${updateHere ? 'this machine' : node}`,
  arithmetic: ({ release }: { release: string | null }) =>
    release === null
      ? 'Its release computes differently'
      : `Release ${release} computes differently`,
  otherModel: 'Its devices are of another model than the study’s',
  lacks: ({ name, why }: { name: string; why: string | null }) =>
    why === null ? `Lacks ${name}` : `Lacks ${name}: ${why}`,
  otherPackages: ({ study, differences }: { study: string; differences: string }) =>
    `Other packages for ${study}, so results may differ: ${differences}`,
  packageOther: ({ name, there, here }: { name: string; there: string; here: string }) =>
    `${name} ${there} (host ${here})`,
  packageMissing: ({ name, here }: { name: string; here: string }) =>
    here === '' ? `${name} missing` : `${name} missing (host ${here})`,
  packageAdded: ({ name, there }: { name: string; there: string }) =>
    `${there === '' ? name : `${name} ${there}`} (missing on the host)`,
  morePackages: ({ number }: { number: number }) => `${count(number)} more`,
  pausedByHost: ({ why }: { why: string }) => `Paused: ${why}. Resume tries again`,
  mismatches: ({ what }: { what: string }) => `${what.charAt(0).toUpperCase()}${what.slice(1)}`,
  badMessages: 'Paused: it sent messages that are not valid, several times. Resume tries again',
  otherRefusal: ({ reason }: { reason: string }) => `Refused: ${reason}`,
  refused: ({ address, times }: { address: string; times: number }) =>
    times === 1
      ? `An unknown machine (${address}) was refused in the last minute`
      : `An unknown machine (${address}) was refused ${count(times)} times in the last minute`,

  refusedMany: ({ times }: { times: number }) =>
    `Unknown machines of many addresses were refused ${count(times)} times in the last minute`,

  /** Card of a node. */
  system: 'System',
  release: 'Release',
  releaseOf: ({ release }: { release: string }) => `Galapagos ${release}`,
  roundTrip: 'Round trip',
  clock: 'Clock',
  clockOff: ({ time, ahead }: { time: string; ahead: boolean }) =>
    `${time} ${ahead ? 'ahead' : 'behind'}`,
  clockSame: 'agrees',
  load: 'CPU load',
  datasets: 'Datasets',
  limits: 'Limits',
  datasetLine: ({ part, from }: { part: string; from: readonly string[] }) =>
    from.length === 0 ? part : `${part}, from ${sources(from)}`,
  datasetStates: {
    waiting: 'waits',
    fetching: '',
    checking: 'is checked',
    had: 'complete',
    paused: 'paused',
    failed: 'failed',
    evicted: 'removed to free space',
  },
  progress: ({ name, node }: { name: string; node: string }) => `${name} on ${node}`,
  /** Mark of a trial's later attempt. */
  alsoOn: ({ node }: { node: string }) => `also on ${node}`,
  secondAttempt: 'second attempt',

  /** Actions on a node. */
  actions: 'Actions',
  onlyOwner: 'only by its owner',
  menu: ({ node }: { node: string }) => `Actions for ${node}`,
  rename: 'Rename',
  drain: 'Drain',
  drainHint: 'running trials finish',
  drainNow: 'Drain now',
  drainNowHint: 'trials return to the queue',
  pause: 'Pause',
  resume: 'Resume',
  setLimits: 'Limits',
  remove: 'Remove',
  renameTitle: ({ node }: { node: string }) => `Rename ${node}`,
  renameField: 'Name in this lab',
  save: 'Save',
  cancel: 'Cancel',
  removeTitle: ({ node }: { node: string }) => `Remove ${node} from the lab?`,
  removeWhat: ({ trials }: { trials: number }) =>
    `Its key is deleted here, and its connections end at once.${
      trials === 0
        ? ''
        : ` ${many(trials, 'running trial')} ${trials === 1 ? 'returns' : 'return'} to the queue.`
    } The machine can join again only as a new one, with digits or an invitation.`,
  removeKeep: 'Keep it',
  removed: ({ node }: { node: string }) => `${node} was removed.`,
  drainedSaid: ({ node }: { node: string }) => `${node} takes no more trials.`,
  pausedSaid: ({ node }: { node: string }) => `${node} is paused.`,
  resumed: ({ node }: { node: string }) => `${node} takes trials again.`,
  renamed: ({ node }: { node: string }) => `The machine is now called ${node}.`,

  /** Limits of use, of a node by this lab's user and of this machine by its owner. */
  limitsTitle: ({ node }: { node: string }) => `Limits of ${node}`,
  limitsLead:
    'The owner of the machine sets limits there too. The stricter limit counts, and the owner can always change their own.',
  devicesLabel: 'Devices that take trials',
  hoursLabel: 'Hours',
  always: 'At any time',
  between: 'Only between',
  to: 'to',
  noDevice: 'Select at least one device.',
  whenIdleShort: 'only while not in use',
  from: 'From',
  until: 'Until',
  hour: ({ hour }: { hour: number }) => `${String(hour).padStart(2, '0')}:00`,
  hoursSaid: ({ from, to }: { from: number; to: number }) =>
    `${String(from).padStart(2, '0')}:00 to ${String(to).padStart(2, '0')}:00`,
  whenIdle: 'Only while the machine is not in use',
  whenIdleHint: 'Workers wait within 2 s of the first input, and go on after 5 min without any.',
  whenIdleUnknown: ({ why }: { why: string }) =>
    `Not possible on this machine: ${why}. Set hours instead.`,
  noLimits: 'No limits',
  onlyDevices: ({ names }: { names: readonly string[] }) => `only ${list(names)}`,

  /** Sharing. */
  share: 'Share this lab',
  shareTitle: 'Share this lab',
  sharedAs: ({ name, port }: { name: string; port: number }) =>
    `This lab is shared as ${name}, port ${port}.`,
  notShared: 'This lab is not shared: only this machine works on its studies.',
  /** @param known machines that were admitted; `nodes` of them are connected */
  sharedWith: ({ nodes, known }: { nodes: number; known: number }) =>
    known === 0
      ? 'No other machine has joined.'
      : nodes === known
        ? `${many(nodes, 'other machine')} joined.`
        : `${many(known, 'other machine')} joined, ${nodes === 0 ? 'none' : count(nodes)} connected now.`,
  shareLead:
    'Other workstations on this network can then join and work on your studies. Each one is admitted by you, once. Connections are encrypted.',
  shareOff: 'While sharing is off, nothing on this machine listens to the network.',
  port: 'Port',
  portWrong: 'expected a port number from 1 to 65535',
  startSharing: 'Share',
  stopSharing: 'Stop sharing',
  stopSharingWhat: ({ nodes }: { nodes: number }) =>
    nodes === 0
      ? ''
      : `Stopping disconnects ${many(nodes, 'machine')}; ${nodes === 1 ? 'it stays' : 'they stay'} admitted.`,
  sharing: 'Details',
  addresses: 'Addresses',
  noAddresses: 'This machine has no network address. Connect it to the network.',
  howToJoin:
    'On the other machine, open Galapagos and choose Join a lab. This lab appears there as',
  shareProblem: ({ why }: { why: string }) => `Sharing is off: ${why}`,
  portTaken: ({ port }: { port: string }) =>
    `port ${port} is in use by another program. Choose another port.`,
  firewall: ({ port }: { port: number }) =>
    `The system may ask once whether Galapagos may accept connections: allow it. On Linux, open TCP port ${port} of this machine’s firewall with the line for ufw or for firewalld:`,
  firewallLines: ({ port }: { port: number }) => [
    `sudo ufw allow ${port}/tcp`,
    `sudo firewall-cmd --permanent --add-port=${port}/tcp && sudo firewall-cmd --reload`,
  ],
  invitation: 'Invitation',
  invitationLead:
    'An invitation admits a machine without digits, for example one without a screen. Treat it as a password.',
  invite: 'Create an invitation',
  inviteUses: 'Machines',
  invitationFor: ({ uses, clock }: { uses: number; clock: string }) =>
    `Admits ${many(uses, 'machine')}, until ${clock}. On the other machine, paste it under Join a lab, or run:`,
  invitationCommand: 'galapagos node --join INVITATION',
  firewallTitle: 'If machines cannot connect',
  addressWithPort: ({ address, port }: { address: string; port: number }) =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
  copy: 'Copy',
  copied: 'Copied.',
  usesWrong: 'expected a number from 1 to 1000',

  /** Questions of pairing. */
  wantsToJoin: ({ node }: { node: string }) => `${node} wants to join. Does its screen show`,
  wantsAnswer: '?',
  letIn: 'Yes, let it in',
  no: 'No',
  fromAddress: ({ address }: { address: string }) => `Address ${address}`,
  nowSayYesThere: ({ node }: { node: string }) => `Now say yes on ${node}.`,
  admitted: ({ node }: { node: string }) => `${node} joined the lab.`,
  pairingEnded: {
    refused: ({ node }: { node: string }) =>
      `${node} was not admitted, and nothing was shared. If the digits differed, another machine may be between the two.`,
    mismatch: () =>
      'The digits differed: another machine may be between the two. Nothing was shared.',
    busy: ({ node }: { node: string }) =>
      `${node} could not be asked: another machine is being admitted. Try again there.`,
    version: ({ node }: { node: string }) =>
      `${node} speaks another version of the protocol. Update Galapagos on both machines.`,
    timeout: ({ node }: { node: string }) =>
      `${node} was not admitted: the question was not answered within 2 minutes.`,
    protocol: ({ node }: { node: string }) =>
      `${node} was not admitted: it sent a message that is not valid.`,
  },

  /** Joining. */
  join: 'Join a lab',
  joinTitle: 'Join a lab',
  joinLead:
    'This machine then works on the studies of another machine. You can pause or end that here at any time.',
  seen: 'Labs on this network',
  seenAgo: ({ age }: { age: string }) => `seen ${age} ago`,
  seenNow: 'seen now',
  remembered: 'joined before, not seen now',
  looking: 'No lab is seen yet. Labs appear here when they are shared.',
  blind: ({ why }: { why: string }) => `Labs cannot be found automatically: ${why}`,
  joinThis: 'Join',
  joinNamed: ({ name }: { name: string }) => `Join ${name}`,
  otherVersion: 'speaks another version of the protocol: update Galapagos',
  byHand: 'Address or invitation',
  byHandHint: 'A name or address with its port, such as desk:47800, or an invitation.',
  /** Of a lab joined by an invitation, whose host is not known yet. */
  theHost: 'the host',
  asking: ({ host }: { host: string }) => `Asking ${host}`,
  doesShow: ({ host }: { host: string }) => `Does ${host} show`,
  yesJoin: 'Yes, join',
  worksFor: ({ lab, host }: { lab: string | null; host: string }) =>
    lab === null ? `This machine works for ${host}.` : `This machine works for ${lab} on ${host}.`,
  linkUp: ({ trials }: { trials: number }) =>
    trials === 0
      ? 'Connected, no trial is running.'
      : `Connected, ${many(trials, 'trial')} running.`,
  linkDown: ({ time, host }: { time: string; host: string }) =>
    `${host} does not answer since ${time}. Running trials go on; their results are kept for 2 minutes.`,
  pauseHere: 'Pause',
  resumeHere: 'Resume',
  pausedNow: 'Paused: no trial is taken.',
  drainingNow: 'Takes no more trials.',
  joinedLab: 'Joined lab',
  leave: 'Leave the lab',
  leaveNow: 'Leave now',
  leaveWhat: ({ host }: { host: string }) =>
    `Running trials return to the queue of ${host}. To join again, the digits are compared again.`,
  openLimits: 'Limits of this machine',
  joinFailed: {
    declined: () =>
      'Not joined, and nothing was shared. If the digits differed, another machine may be between the two.',
    refused: ({ host }: { host: string }) => `${host} did not let this machine in.`,
    mismatch: () =>
      'The digits differed: another machine may be between the two. Nothing was shared.',
    busy: ({ host }: { host: string }) => `${host} is admitting another machine. Try again.`,
    version: ({ host }: { host: string }) =>
      `${host} speaks another version of the protocol. Update Galapagos on both machines.`,
    timeout: ({ host }: { host: string }) =>
      `${host} did not answer within 2 minutes. Nothing was shared.`,
    protocol: ({ host }: { host: string }) =>
      `${host} answered with a message that is not valid. Is it a Galapagos lab?`,
    gone: ({ host }: { host: string }) => `${host} closed the connection. Try again.`,
    unreachable: ({ host }: { host: string }) =>
      `${host} cannot be reached. Check the address, that the lab is shared there, and that its firewall allows the port.`,
    removed: ({ host }: { host: string }) =>
      `This machine was removed from the lab on ${host}. Join again to be admitted anew.`,
    invitation: () =>
      'The invitation was not accepted: it may have expired or been used. Ask for another one.',
  } as Readonly<Record<string, (of: { host: string }) => string>>,
  joinFailedOther: ({ why }: { why: string }) => `Joining failed: ${why}`,

  /** Settings of this machine. */
  thisMachine: 'This machine',
  courtesy:
    'Limits of what Galapagos uses here, for your own studies and for a lab that this machine joined.',
  idleFrom: ({ source }: { source: string }) => `Input is read from ${source}.`,
  saved: 'Saved.',
  unlimitedShare: `100${THIN}%`,
};

/** `DESK`, `DESK and 2 others`. */
function sources(from: readonly string[]): string {
  const [first = ''] = from;
  return from.length < 2 ? first : `${first} and ${many(from.length - 1, 'other')}`;
}
