/**
 * What another device of our own account has sent to somebody, as it tells us: a message of ours to be shown, or a change
 * to one. Nothing of it is ever sent again. Runs inside the receiver's transaction.
 */
import type { DatabaseTransaction } from '../store/database.ts'
import { mediaOf } from './attachments-in.ts'
import { words, wordsOf } from './content.ts'
import type { PeerIds, SignalSink } from './facts.ts'
import { isPni, nobody, peerOf, readServiceId } from './ids.ts'
import { changeOf, isTime, quoteOf, timerIn, timerOf } from './incoming.ts'
import type { LongTexts } from './long-texts.ts'
import { findPeer, idsOf, learnPeer, serviceIdOf, setTraits } from './peers.ts'
import type { SyncSent } from './proto/messages.ts'
import type { SyncRead } from './proto/sync-parts.ts'
import { previewIn, rangesIn } from './ranges.ts'
import { dropRemovedFiles } from './removed-files.ts'

const e164 = /^\+[1-9]\d{6,14}$/

/** The envelope of a transcript, as far as it says something about the message. */
export interface TranscriptFacts {
  own: PeerIds & { aci: string }
  senderDevice: number
  serverTimestampMs: number
  sealed: boolean
}

/** True when the rest of a long text is to be fetched. */
export async function applyTranscript(
  {
    sink,
    texts,
    firstTime,
  }: { sink: SignalSink; texts: LongTexts; firstTime: (timestampMs: number) => Promise<boolean> },
  sent: SyncSent,
  { own, senderDevice, serverTimestampMs, sealed }: TranscriptFacts,
  transaction: DatabaseTransaction,
): Promise<boolean> {
  const message = sent.message ?? sent.editMessage?.dataMessage
  const { timestamp: timestampMs } = sent
  // Whom else it went to changes nothing that is shown; what went to a group comes by `groupTranscript`.
  if (message === undefined || !isTime(timestampMs) || sent.isRecipientUpdate === true) return false
  if (message.groupV2 !== undefined) return false
  const sentTo = await recipientOf(sent, own, transaction)
  if (sentTo === undefined) return false
  const content = sent.editMessage === undefined ? { dataMessage: message } : { editMessage: sent.editMessage }
  const change = changeOf(content, message, { author: own.aci, own: own.aci, timestampMs })
  const text = wordsOf(content)
  const timer = sent.message === undefined ? undefined : timerIn(message)
  if (text === undefined && change === undefined && timer === undefined) return false
  if (!(await firstTime(timestampMs))) return false
  if (timer !== undefined) await sink.timer({ with: sentTo, byUs: true, ...timer }, transaction)
  const fetch = await texts.owe(transaction, own.aci, timestampMs, message, sentTo)
  if (change !== undefined) {
    const taken = await sink.amend({ by: ids(own), with: sentTo, ...change }, transaction)
    // An edit of what is not here is shown as a message of its own.
    if (taken || words(message) === undefined) return fetch
  }
  if (text === undefined) return fetch
  const quote = quoteOf(message, own.aci)
  const { expirationStartTimestamp: started } = sent
  const startedAtMs = isTime(started) && started >= timestampMs ? started : timestampMs
  const media = mediaOf(message)
  await sink.text(
    {
      from: ids(own),
      senderDevice,
      timestampMs,
      serverTimestampMs,
      text,
      sealed,
      sentTo,
      quote,
      timerS: timerOf(message),
      startedAtMs,
      ranges: rangesIn(message, text, own.aci),
      preview: previewIn(message),
      request: false,
      ...media,
    },
    transaction,
  )
  if (media.attachments.length > 0) {
    await dropRemovedFiles(transaction, sink, { ours: true, timestampMs, author: own.aci, with: sentTo })
  }
  return fetch
}

/** What another device of ours sent to a group, as a message of the group; undefined when it went to none. */
export function groupTranscript(sent: SyncSent, { own, senderDevice, serverTimestampMs, sealed }: TranscriptFacts) {
  const message = sent.message ?? sent.editMessage?.dataMessage
  const { timestamp: timestampMs, expirationStartTimestamp: started } = sent
  if (message?.groupV2 === undefined || !isTime(timestampMs) || sent.isRecipientUpdate === true) return undefined
  const told = (sent.unidentifiedStatus ?? []).slice(0, membersMax)
  const members = told.flatMap(({ serviceIdBinary }) => {
    const aci = readServiceId(serviceIdBinary, undefined)
    return aci === undefined || isPni(aci) || aci === own.aci ? [] : [aci]
  })
  const startedAtMs = isTime(started) && started >= timestampMs ? started : timestampMs
  return {
    context: message.groupV2,
    message: {
      sender: { aci: own.aci, deviceId: senderDevice, sealed },
      content: sent.editMessage === undefined ? { dataMessage: message } : { editMessage: sent.editMessage },
      timestampMs,
      serverTimestampMs,
      own: { startedAtMs, members: [...new Set(members)] },
    },
  }
}

/** Members that the largest group has. */
const membersMax = 1_001

/** Most messages of which one sync message may say that they were read. */
const readsMax = 1_000

/** What the owner has read (`opened`: looked at, and it was for that alone) on another device, author by author. */
export async function applyReads(
  sink: SignalSink,
  reads: readonly SyncRead[],
  atMs: number,
  transaction: DatabaseTransaction,
  opened = false,
): Promise<void> {
  const byAuthor = new Map<string, number[]>()
  for (const { senderAci, senderAciBinary, timestamp } of reads.slice(0, readsMax)) {
    const author = readServiceId(senderAciBinary, senderAci)
    if (author === undefined || isPni(author) || !isTime(timestamp)) continue
    byAuthor.set(author, [...(byAuthor.get(author) ?? []), timestamp])
  }
  for (const [author, timestampsMs] of byAuthor) {
    const told = peerOf(author)
    const peer = idsOf((await findPeer(transaction, told)) ?? told)
    await sink.readElsewhere({ author: peer, timestampsMs, atMs, opened }, transaction)
  }
}

/** Whom it went to, with what else is known of them; undefined where it says nobody that could be anybody. */
async function recipientOf(
  sent: SyncSent,
  own: PeerIds & { aci: string },
  transaction: DatabaseTransaction,
): Promise<PeerIds | undefined> {
  const to = readServiceId(sent.destinationServiceIdBinary, sent.destinationServiceId)
  const number = e164.test(sent.destinationE164 ?? '') ? sent.destinationE164 : undefined
  if (to === own.aci || to === `PNI:${own.pni}` || (to === undefined && number === own.e164)) return ids(own)
  if (to === undefined && number === undefined) return undefined
  // A number beside a phone-number identity is that identity's; beside an account it may be an old one.
  const told = to === undefined ? { ...nobody, e164: number } : peerOf(to, isPni(to) ? number : undefined)
  const known = await findPeer(transaction, told)
  const { peer } = await learnPeer(transaction, { ...told, e164: told.e164 ?? known?.e164 ?? number })
  // Whom the owner writes to is let in.
  const serviceId = serviceIdOf(peer)
  if (serviceId !== undefined && !peer.accepted) await setTraits(transaction, serviceId, { accepted: true })
  return idsOf(peer)
}

function ids({ aci, pni, e164: number }: PeerIds): PeerIds {
  return { aci, pni, e164: number }
}
