/**
 * Service ids in the forms in which they travel. Inside this folder a service id is text: a bare lower-case UUID for an
 * ACI, `PNI:` and a UUID for a PNI; `PeerIds` holds both without prefix.
 */
import { ServiceId } from '@signalapp/libsignal-client'
import type { PeerIds } from './facts.ts'

export type OwnKind = 'aci' | 'pni'

export const nobody: PeerIds = { aci: undefined, pni: undefined, e164: undefined }

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The text form of what an envelope or message carries: binary where filled, else the older string; undefined if neither parses. */
export function readServiceId(binary: Uint8Array | undefined, text: string | undefined): string | undefined {
  if (binary !== undefined && binary.length > 0) return fromOctets(binary)
  if (text === undefined) return undefined
  const isPni = /^PNI:/i.test(text)
  const raw = text.slice(isPni ? 4 : 0).toLowerCase()
  if (!uuid.test(raw)) return undefined
  return isPni ? `PNI:${raw}` : raw
}

/** As libsignal reads them, without its objects: each envelope has three. */
function fromOctets(binary: Uint8Array): string | undefined {
  const isPni = binary.length === 17 && binary[0] === 1
  if (binary.length !== 16 && !isPni) return undefined
  const hex = Buffer.from(binary.buffer, binary.byteOffset, binary.length).toString('hex', isPni ? 1 : 0)
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return `${isPni ? 'PNI:' : ''}${parts.join('-')}`
}

/** 16 octets for an ACI, 17 for a PNI. */
export function serviceIdOctets(serviceId: string): Uint8Array<ArrayBuffer> {
  return ServiceId.parseFromServiceIdString(serviceId).getServiceIdBinary()
}

export function isPni(serviceId: string): boolean {
  return serviceId.startsWith('PNI:')
}

export function peerOf(serviceId: string, e164?: string): PeerIds {
  return isPni(serviceId) ? { aci: undefined, pni: serviceId.slice(4), e164 } : { aci: serviceId, pni: undefined, e164 }
}

/** A copy with a buffer of its own, as libsignal's types ask for. */
export function octets(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
