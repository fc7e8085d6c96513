/** Signs as Standard Webhooks 1.0 (scheme `v1`) says: HMAC-SHA256 over `id.timestamp.body`. Pure. */
import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'
/** The rules ask for 24 to 64. */
const SECRET_BYTES = 32

/** A new secret, `whsec_` and base64. */
export function newSecret(randomOctets: (count: number) => Uint8Array): string {
  return PREFIX + Buffer.from(randomOctets(SECRET_BYTES)).toString('base64')
}

/** The three headers. One signature for each secret, the newest first. `timestampS` is in seconds. */
export function signatureHeaders(
  secrets: readonly string[],
  id: string,
  timestampS: number,
  body: string,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signatures.join(' '),
  }
}
