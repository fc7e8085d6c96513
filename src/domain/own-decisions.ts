/** What the owner decides and removes, as far as a network and their other devices have to know. */

/** What the owner decides about a person, or about a group, as far as a network has to know. */
export type StandingDecision =
  /** Lets them in; these messages, by their own times (in a group: with their authors), are acknowledged now. */
  | { kind: 'accepted'; messages: readonly { timestampMs: number; read: boolean; authorAci?: string | undefined }[] }
  | { kind: 'blocked'; deleted: boolean }
  | { kind: 'unblocked' }
  /** Does not answer a request: nothing of it stays. */
  | { kind: 'declined' }

/** A message by its author's side and time; in a group also by its author. */
export interface RemovedMessage {
  ours: boolean
  timestampMs: number
  authorAci?: string | undefined
}

/** One file of a message, as its network knows it: `pointer` of one that came, the id of one that was sent. */
export interface RemovedFile {
  id: string
  pointer: Uint8Array | undefined
}

/** What the owner removes for themselves alone. */
export type OwnRemoval =
  | { what: 'messages'; messages: readonly RemovedMessage[] }
  | { what: 'file'; message: RemovedMessage; file: RemovedFile }
  /** `messages`: its newest; `lasting`: the newest of those that do not disappear. */
  | { what: 'conversation'; messages: readonly RemovedMessage[]; lasting: readonly RemovedMessage[] }

/** What the owner has removed on another device, for themselves alone. */
export type RemovalElsewhere =
  | { what: 'conversation' }
  | { what: 'messages'; messages: readonly RemovedMessage[] }
  /** One file of it; `pick`: the id of that one, among those that are here; asked only where its message is. */
  | { what: 'file'; message: RemovedMessage; pick: (files: readonly RemovedFile[]) => Promise<string | undefined> }
  /** The newest of these and all before it; `whole`: and the conversation, where nothing is left. */
  | { what: 'up-to'; messages: readonly RemovedMessage[]; whole: boolean }
