/**
 * Says to a push service who we are (VAPID, RFC 8292): a JWT signed with ES256 by a key of our own, whose public half the
 * browser was given when it subscribed.
 */
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'

/** RFC 8292 §2 allows a day. */
const LIFE_S = 12 * 3_600

export interface VapidKey {
  /** The point as 65 octets, base64url: what `pushManager.subscribe` takes. */
  publicKey: string
  privateKey: KeyObject
}

/** A new private key as JWK. */
export function newVapidJwk(): JsonWebKey {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
}

export function vapidKey(jwk: JsonWebKey): VapidKey {
  const octets = (part: string | undefined) => Buffer.from(part ?? '', 'base64url')
  const publicKey = Buffer.concat([Buffer.from([4]), octets(jwk.x), octets(jwk.y)]).toString('base64url')
  return { publicKey, privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) }
}

/** The `Authorization` for a service at this origin. `subject`: how its operator reaches ours, `mailto:` or `https:`. */
export function vapidAuthorization(key: VapidKey, origin: string, subject: string, nowMs: number): string {
  const claims = { aud: origin, exp: Math.floor(nowMs / 1_000) + LIFE_S, sub: subject }
  const signed = `${part({ typ: 'JWT', alg: 'ES256' })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `vapid t=${signed}.${signature.toString('base64url')}, k=${key.publicKey}`
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
