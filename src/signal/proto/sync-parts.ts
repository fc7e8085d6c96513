/** Parts of what our own devices tell each other; see `messages.ts`. */

/** A message that was read (or listened to) on another device of ours, by its author and time. */
export interface SyncRead {
  timestamp?: number
  senderAci?: string
  senderAciBinary?: Uint8Array
}

/** Everybody who is blocked. */
export interface BlockedList {
  numbers?: readonly string[]
  groupIds?: readonly Uint8Array[]
  acis?: readonly string[]
  acisBinary?: readonly Uint8Array[]
}

/** Type: 1 accept, 2 delete, 3 block, 4 block and delete, 5 spam, 6 block and spam. */
export interface MessageRequestResponse {
  threadAci?: string
  groupId?: Uint8Array
  type?: number
  threadAciBinary?: Uint8Array
}

/** A conversation: one of the four. */
export interface SyncThread {
  threadServiceId?: string
  threadGroupId?: Uint8Array
  threadE164?: string
  threadServiceIdBinary?: Uint8Array
}

/** A message by its author and time. */
export interface AddressedMessage {
  authorServiceId?: string
  authorE164?: string
  sentTimestamp?: number
  authorServiceIdBinary?: Uint8Array
}

/** What the owner has removed for themselves, on all their devices. */
export interface DeleteForMe {
  messageDeletes?: readonly { conversation?: SyncThread; messages?: readonly AddressedMessage[] }[]
  conversationDeletes?: readonly {
    conversation?: SyncThread
    mostRecentMessages?: readonly AddressedMessage[]
    /** Whether the conversation itself goes, too. */
    isFullDelete?: boolean
    mostRecentNonExpiringMessages?: readonly AddressedMessage[]
  }[]
  attachmentDeletes?: readonly AttachmentDelete[]
}

/** One file of a message, by what its sender has named it, else by the digest of what lies at the content server. */
export interface AttachmentDelete {
  conversation?: SyncThread
  targetMessage?: AddressedMessage
  clientUuid?: Uint8Array
  fallbackDigest?: Uint8Array
}
