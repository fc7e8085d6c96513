/** What a request says of where it comes from: its cookie, its address, whether it came over TLS, to us or to a proxy in front. */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { SESSION_MS_MAX } from '../store/sessions.ts'

const COOKIE = 'cw_session'
const COOKIE_HEADER_CHARS_MAX = 8_192

/** The secret in the session cookie. */
export function sessionCookie(header: string | undefined): string | undefined {
  if (header === undefined || header.length > COOKIE_HEADER_CHARS_MAX) return undefined
  for (const pair of header.split(';')) {
    const [name, value] = pair.trim().split('=')
    if (name === COOKIE && value !== undefined && value !== '') return value
  }
  return undefined
}

/** `Set-Cookie` for a new session, or without a secret to have the browser forget it. */
export function cookieFor(secret: string | undefined, isSecure: boolean): string {
  const lifeS = secret === undefined ? 0 : SESSION_MS_MAX / 1_000
  const flags = `Path=/; Max-Age=${lifeS}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  return `${COOKIE}=${secret ?? ''}; ${flags}`
}

/** The browser speaks TLS, to us or to a proxy in front of us: as the proxy says, or as the configuration does. */
export function isSecure(request: IncomingMessage, publicUrl: string | undefined): boolean {
  if ((request.socket as Partial<TLSSocket>).encrypted === true) return true
  return publicUrl?.startsWith('https:') === true || request.headers['x-forwarded-proto'] === 'https'
}

/** Whom to slow down. Only a proxy on this machine is believed about others. */
export function addressOf({ socket, headers }: IncomingMessage): string {
  const peer = (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '')
  if (peer !== '127.0.0.1' && peer !== '::1') return peer
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)
    ?.trim()
  return forwarded !== undefined && isIP(forwarded) !== 0 ? forwarded : peer
}
