/**
 * Our licence to send to the members of a group without saying who we are: an endorsement for each member, issued with
 * the group's state, combined into the one token of a request. They expire after a day or two.
 */
import { Aci } from '@signalapp/libsignal-client'
import {
  GroupSendEndorsement,
  GroupSendEndorsementsResponse,
  type GroupSendFullToken,
  type ServerPublicParams,
} from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { octets } from '../ids.ts'
import type { GroupCipher } from './cipher.ts'
import type { GroupState } from './state.ts'

/** Nearer to their end they are fetched anew. */
export const renewEndorsementsBeforeMs = 2 * 3600_000

export interface Endorsements {
  /** Base64 by ACI; ourselves left out. */
  byAci: Readonly<Record<string, string>>
  expireAtMs: number
}

/** What the service issued for these members; undefined when it does not fit them (or was not the service's). */
export function receiveEndorsements(
  response: Uint8Array | undefined,
  state: GroupState,
  self: string,
  cipher: GroupCipher,
  server: ServerPublicParams,
): Endorsements | undefined {
  if (response === undefined || response.length === 0) return undefined
  try {
    const issued = new GroupSendEndorsementsResponse(octets(response))
    const members = state.members.map(({ aci }) => aci)
    const ids = members.map((aci) => Aci.fromUuid(aci))
    const { endorsements } = issued.receiveWithServiceIds(ids, Aci.fromUuid(self), cipher.secretParams, server)
    const byAci: Record<string, string> = {}
    for (const [index, aci] of members.entries()) {
      const endorsement = endorsements[index]
      if (endorsement === undefined || aci === self) continue
      byAci[aci] = Buffer.from(endorsement.serialize()).toString('base64')
    }
    return { byAci, expireAtMs: issued.getExpiration().getTime() }
  } catch {
    return undefined
  }
}

/** The token for exactly these recipients; undefined when one of them has no endorsement, or they have expired. */
export function tokenFor(
  endorsements: Endorsements | undefined,
  acis: readonly string[],
  cipher: GroupCipher,
  nowMs: number,
): GroupSendFullToken | undefined {
  if (endorsements === undefined || acis.length === 0 || endorsements.expireAtMs <= nowMs) return undefined
  const all: GroupSendEndorsement[] = []
  for (const aci of acis) {
    const endorsement = endorsements.byAci[aci]
    if (endorsement === undefined) return undefined
    all.push(new GroupSendEndorsement(octets(Buffer.from(endorsement, 'base64'))))
  }
  return GroupSendEndorsement.combine(all).toFullToken(cipher.secretParams, new Date(endorsements.expireAtMs))
}
