/** What the owner removed for themselves, as their devices tell each other (SyncMessage.deleteForMe). */
import type { DatabaseTransaction } from '../store/database.ts'
import type { OwnRemoval } from './contract.ts'
import type { PeerIds, RemovedFile, RemovedMessage, SignalSink } from './facts.ts'
import { namesOf, pickFile } from './file-names.ts'
import { nobody, peerOf, readServiceId, serviceIdOctets } from './ids.ts'
import { isTime } from './incoming.ts'
import { findPeer, idsOf, serviceIdOf } from './peers.ts'
import type { SyncMessage } from './proto/messages.ts'
import type { AddressedMessage, DeleteForMe, SyncThread } from './proto/sync-parts.ts'
import { keepRemovedFile } from './removed-files.ts'

/** Most messages, and conversations, of one sync message that are taken. */
const messagesMax = 1_000
const conversationsMax = 200
const filesMax = 200
const groupIdOctets = 32
const e164 = /^\+[1-9]\d{5,14}$/

type Named = RemovedMessage
type With = PeerIds & { groupId?: string | undefined }

/** Tells the sink what another device has removed. */
export async function applyRemovals(
  sink: SignalSink,
  removed: DeleteForMe,
  { own, atMs }: { own: string; atMs: number },
  transaction: DatabaseTransaction,
): Promise<void> {
  const { messageDeletes = [], conversationDeletes = [], attachmentDeletes = [] } = removed
  for (const { conversation, messages } of messageDeletes.slice(0, conversationsMax)) {
    const peer = await peerIn(conversation, transaction)
    const named = namedIn(messages, own, peer)
    if (peer === undefined || named.length === 0) continue
    await sink.removed({ with: peer, atMs, what: 'messages', messages: named }, transaction)
  }
  for (const one of conversationDeletes.slice(0, conversationsMax)) {
    const peer = await peerIn(one.conversation, transaction)
    if (peer === undefined) continue
    const newest = [...(one.mostRecentMessages ?? []), ...(one.mostRecentNonExpiringMessages ?? [])]
    const named = namedIn(newest, own, peer)
    const whole = one.isFullDelete === true
    await sink.removed({ with: peer, atMs, what: 'up-to', messages: named, whole }, transaction)
  }
  for (const one of attachmentDeletes.slice(0, filesMax)) {
    const peer = await peerIn(one.conversation, transaction)
    const [message] = namedIn(one.targetMessage === undefined ? [] : [one.targetMessage], own, peer)
    if (peer === undefined || message === undefined) continue
    let isHere = false
    const pick = (files: readonly RemovedFile[]) => {
      isHere = true
      return pickFile(transaction, one)(files)
    }
    await sink.removed({ with: peer, atMs, what: 'file', message, pick }, transaction)
    const author = message.ours ? own : (message.authorAci ?? serviceIdOf(peer))
    if (isHere || author === undefined) continue
    await keepRemovedFile(transaction, { author, timestampMs: message.timestampMs, names: one, atMs })
  }
}

/** What the owner removed here, for their other devices; undefined where they could not know what is meant. */
export async function removalSync(
  transaction: DatabaseTransaction,
  own: string,
  peer: With,
  removal: OwnRemoval,
): Promise<SyncMessage | undefined> {
  const conversation = threadOf(peer)
  const addressed = (messages: readonly Named[]): AddressedMessage[] =>
    messages.flatMap(({ ours, timestampMs: sentTimestamp, authorAci }) => {
      const author = ours ? own : peer.groupId === undefined ? serviceIdOf(peer) : authorAci
      // In a group nobody could say which message is meant.
      if (author === undefined) return peer.groupId === undefined ? [{ sentTimestamp }] : []
      return [{ authorServiceId: author, authorServiceIdBinary: serviceIdOctets(author), sentTimestamp }]
    })
  switch (removal.what) {
    case 'messages': {
      const messages = addressed(removal.messages)
      return messages.length === 0 ? undefined : { deleteForMe: { messageDeletes: [{ conversation, messages }] } }
    }
    case 'file': {
      const [targetMessage] = addressed([removal.message])
      if (targetMessage === undefined) return undefined
      const { clientUuid, digest: fallbackDigest } = await namesOf(transaction, removal.file)
      const names = { ...(clientUuid && { clientUuid }), ...(fallbackDigest && { fallbackDigest }) }
      return { deleteForMe: { attachmentDeletes: [{ conversation, targetMessage, ...names }] } }
    }
    case 'conversation': {
      const mostRecentMessages = addressed(removal.messages)
      const mostRecentNonExpiringMessages = addressed(removal.lasting)
      const deleted = { conversation, mostRecentMessages, mostRecentNonExpiringMessages, isFullDelete: true }
      return { deleteForMe: { conversationDeletes: [deleted] } }
    }
  }
}

function threadOf(peer: With): SyncThread {
  if (peer.groupId !== undefined) return { threadGroupId: Buffer.from(peer.groupId, 'base64') }
  const serviceId = serviceIdOf(peer)
  if (serviceId !== undefined) return { threadServiceId: serviceId, threadServiceIdBinary: serviceIdOctets(serviceId) }
  return peer.e164 === undefined ? {} : { threadE164: peer.e164 }
}

async function peerIn(thread: SyncThread | undefined, transaction: DatabaseTransaction): Promise<With | undefined> {
  const group = thread?.threadGroupId
  if (group?.length === groupIdOctets) return { ...nobody, groupId: Buffer.from(group).toString('base64') }
  const serviceId = readServiceId(thread?.threadServiceIdBinary, thread?.threadServiceId)
  const number = thread?.threadE164
  const told =
    serviceId !== undefined
      ? peerOf(serviceId)
      : number !== undefined && e164.test(number)
        ? { ...nobody, e164: number }
        : undefined
  return told === undefined ? undefined : idsOf((await findPeer(transaction, told)) ?? told)
}

function namedIn(messages: readonly AddressedMessage[] = [], own: string, place: With | undefined): Named[] {
  return messages.slice(0, messagesMax).flatMap(({ sentTimestamp, authorServiceId, authorServiceIdBinary }) => {
    if (!isTime(sentTimestamp)) return []
    const author = readServiceId(authorServiceIdBinary, authorServiceId)
    const named = { ours: author === own, timestampMs: sentTimestamp }
    if (place?.groupId === undefined || named.ours) return [named]
    // In a group several people write.
    return author === undefined ? [] : [{ ...named, authorAci: author }]
  })
}
