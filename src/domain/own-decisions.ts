/** What the owner decides and removes, as far as a network and their other devices have to know. */

/** What the owner decides about a person, as far as a network has to know. */
export type StandingDecision =
  /** Lets them in; these messages of theirs, by their own times, are acknowledged now. */
  | { kind: 'accepted'; messages: readonly { timestampMs: number; read: boolean }[] }
  | { kind: 'blocked'; deleted: boolean }
  | { kind: 'unblocked' }
  /** Does not answer a request: nothing of it stays. */
  | { kind: 'declined' }

/** What the owner removes for themselves alone, by its author's side and time. */
export type OwnRemoval =
  | { what: 'messages'; messages: readonly { ours: boolean; timestampMs: number }[] }
  /** `messages`: its newest; `lasting`: the newest of those that do not disappear. */
  | {
      what: 'conversation'
      messages: readonly { ours: boolean; timestampMs: number }[]
      lasting: readonly { ours: boolean; timestampMs: number }[]
    }

/** A message by its author's side and time; in a group also by its author. */
export interface RemovedMessage {
  ours: boolean
  timestampMs: number
  authorAci?: string | undefined
}

/** What the owner has removed on another device, for themselves alone. */
export type RemovalElsewhere =
  | { what: 'conversation' }
  | { what: 'messages'; messages: readonly RemovedMessage[] }
  /** The newest of these and all before it; `whole`: and the conversation, where nothing is left. */
  | { what: 'up-to'; messages: readonly RemovedMessage[]; whole: boolean }
