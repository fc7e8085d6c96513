/**
 * Judges the certificates of sealed senders. A sender shows the same one for a day, and checking its two signatures costs a
 * quarter of what opening a message does: the octets that were found genuine are remembered, only their time is looked at
 * again.
 */
import type { PublicKey, SenderCertificate } from '@signalapp/libsignal-client'

/** The oldest is forgotten beyond this many; one has some 300 octets. */
const rememberedMax = 1_000

/** For each list of trust roots the certificates that they vouch for, the first judged first. */
const genuine = new WeakMap<readonly PublicKey[], Set<string>>()

/** Signed by one of these roots, and not expired at `atMs` (ms since epoch, the server's clock). */
export function isGenuine(certificate: SenderCertificate, trustRoots: PublicKey[], atMs: number): boolean {
  const known = genuine.get(trustRoots) ?? new Set()
  genuine.set(trustRoots, known)
  const octets = Buffer.from(certificate.serialize()).toString('latin1')
  if (known.has(octets)) return certificate.expiration() >= atMs
  if (!certificate.validateWithTrustRoots(trustRoots, atMs)) return false
  known.add(octets)
  for (const oldest of known) {
    if (known.size <= rememberedMax) break
    known.delete(oldest)
  }
  return true
}
