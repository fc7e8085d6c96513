/**
 * Changes as the server signed them. A change that a peer hands us is taken only when the signature is the server's and
 * the change is of this group; one of a later kind than this version knows is not taken at all, so that the whole state
 * is fetched in its place.
 */
import { NotarySignature, type ServerPublicParams } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { octets } from '../ids.ts'
import { type ActionsProto, actionsCodec, type ChangedProto, changedCodec } from '../proto/groups.ts'
import type { GroupCipher } from './cipher.ts'

/** The newest kind of change that `actions.ts` has rows for (7: a group is ended; 6, labels, changes nothing shown). */
export const changeEpochKnown = 7

export type ReadChange =
  | { kind: 'change'; actions: ActionsProto }
  /** Of a later kind: the state must be fetched. */
  | { kind: 'unknown' }
  /** Forged, of another group, or no change at all. */
  | { kind: 'refused'; why: string }

/** What a peer handed us. */
export function readPeerChange(bytes: Uint8Array, cipher: GroupCipher, server: ServerPublicParams): ReadChange {
  try {
    const changed = changedCodec.decode(bytes)
    return readSigned(changed, cipher, server)
  } catch {
    return { kind: 'refused', why: 'it is no change' }
  }
}

/** As `readPeerChange`, of a change that is decoded. */
export function readSigned(changed: ChangedProto, cipher: GroupCipher, server: ServerPublicParams): ReadChange {
  const { actions, serverSignature } = changed
  if (actions === undefined || serverSignature?.length === undefined) {
    return { kind: 'refused', why: 'it is not signed' }
  }
  try {
    server.verifySignature(octets(actions), new NotarySignature(octets(serverSignature)))
  } catch {
    return { kind: 'refused', why: 'its signature is not the server’s' }
  }
  const read = readUnsigned(changed)
  if (read.kind !== 'change') return read
  const { groupId } = read.actions
  if (groupId === undefined || Buffer.from(groupId).toString('base64') !== cipher.id) {
    return { kind: 'refused', why: 'it is of another group' }
  }
  return read
}

/** A change out of the server's own log, which came over its own connection. */
export function readUnsigned({ actions, changeEpoch = 0 }: ChangedProto): ReadChange {
  if (changeEpoch > changeEpochKnown) return { kind: 'unknown' }
  try {
    return { kind: 'change', actions: actionsCodec.decode(actions ?? new Uint8Array()) }
  } catch {
    return { kind: 'refused', why: 'its actions cannot be read' }
  }
}
