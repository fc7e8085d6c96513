/**
 * The life of a message: its states, and the one pure function that moves them.
 *
 * Events are facts that happened. `advance` is monotonic: what a peer confirmed is never taken back, and a late event is
 * ignored unless it repairs the picture (a delivery receipt is proof, whatever we believed before).
 *
 *   scheduled → queued → sending → sent → delivered → read
 *                  ↕        ↘ uncertain ↗
 *                held   (failed, expired, canceled: ends, left by proof or by a person's retry)
 */

/** States in the order in which a table shows them. */
export const MESSAGE_STATES = [
  'scheduled',
  'held',
  'queued',
  'sending',
  'uncertain',
  'sent',
  'delivered',
  'read',
  'failed',
  'expired',
  'canceled',
  'received',
] as const

/** What a message is to the one who reads it. `call`: it notes a call; `broadcast`: it went to everybody in the cell. */
export type MessageKind = 'text' | 'call' | 'broadcast'

export type MessageState = (typeof MESSAGE_STATES)[number]

/** What can happen to a message. */
export const MESSAGE_EVENTS = [
  /** Its scheduled time has come. */
  'release',
  /** A person must decide first. */
  'hold',
  /** A person said go on. */
  'approve',
  /** A person said don't fall back; what was sent stays sent. */
  'decline',
  /** An attempt was opened. */
  'begin',
  /** The attempt ended without effect and may be repeated. */
  'back-off',
  /** The network or the service has it. */
  'accepted',
  /** The network may have it; only a report can tell. */
  'unsure',
  /** The uncertain part was settled and others are still to be sent; or policy says send again. */
  'carry-on',
  /** The next leg of the plan begins. */
  'fall-back',
  /** Proof that it arrived. */
  'delivered',
  /** Proof that it was read. */
  'read',
  /** The network reports that it will not arrive. */
  'undelivered',
  /** Nothing more can be tried. */
  'fail',
  /** Its validity has ended before it left. */
  'expire',
  /** A person took it back. */
  'cancel',
  /** A person wants it tried anew. */
  'retry',
] as const

export type MessageEvent = (typeof MESSAGE_EVENTS)[number]

/** Events that change something, by state. Everything that is not listed leaves the state as it is. */
const transitions: Record<MessageState, Partial<Record<MessageEvent, MessageState>>> = {
  scheduled: { release: 'queued', hold: 'held', fail: 'failed', expire: 'expired', cancel: 'canceled' },
  held: {
    hold: 'held',
    approve: 'queued',
    decline: 'sent',
    accepted: 'sent',
    delivered: 'delivered',
    read: 'read',
    'fall-back': 'queued',
    fail: 'failed',
    expire: 'expired',
    cancel: 'canceled',
  },
  queued: {
    begin: 'sending',
    approve: 'queued',
    'back-off': 'queued',
    decline: 'sent',
    hold: 'held',
    delivered: 'delivered',
    read: 'read',
    'fall-back': 'queued',
    fail: 'failed',
    expire: 'expired',
    cancel: 'canceled',
  },
  sending: {
    'back-off': 'queued',
    accepted: 'sent',
    unsure: 'uncertain',
    'fall-back': 'queued',
    delivered: 'delivered',
    read: 'read',
    undelivered: 'failed',
    hold: 'held',
    fail: 'failed',
  },
  uncertain: {
    accepted: 'sent',
    'carry-on': 'queued',
    delivered: 'delivered',
    read: 'read',
    undelivered: 'failed',
    retry: 'queued',
  },
  sent: {
    delivered: 'delivered',
    read: 'read',
    undelivered: 'failed',
    'fall-back': 'queued',
    hold: 'held',
    fail: 'failed',
  },
  delivered: { read: 'read' },
  read: {},
  failed: { delivered: 'delivered', read: 'read', retry: 'queued' },
  expired: { accepted: 'sent', delivered: 'delivered', read: 'read', retry: 'queued' },
  canceled: { delivered: 'delivered', read: 'read', retry: 'queued' },
  received: {},
}

/** The state after `event`; the same state where the event comes too late or means nothing here. Pure, total. */
export function advance(state: MessageState, event: MessageEvent): MessageState {
  return transitions[state][event] ?? state
}

/** Whether `event` means anything in `state`: only then may what it brings be noted. Pure. */
export function accepts(state: MessageState, event: MessageEvent): boolean {
  return transitions[state][event] !== undefined
}
