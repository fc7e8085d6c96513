/**
 * The guard of addresses that come in a text message, which anybody may have sent: pure. What passes is taken apart once,
 * here, and everything after it works on the pieces, so that no second parser can understand another host. The path goes
 * to the MMSC as it was written.
 */
import { addressOctets, refusedAddress } from './ip.ts'

/** A longer one is no content location: the text messages of a push have no room for it. */
const URL_CHARACTERS_MAX = 2048
const HOST_CHARACTERS_MAX = 253
/** Loopback and link-local by name (RFC 6761, RFC 6762); a proxy or a resolver might take them at their word. */
const REFUSED_NAMES = /(?:^|\.)(?:localhost|localdomain|local|internal)$/

export interface MmsUrl {
  readonly scheme: 'http' | 'https'
  /** A name in lower case, or a canonical literal address without brackets. */
  readonly host: string
  readonly isLiteral: boolean
  readonly port: number
  /** For the request line: path and query, as written. */
  readonly target: string
  /** `Host:` header: with the port where it is not the scheme's own. */
  readonly authority: string
}

export interface GuardContext {
  /** Networks of this machine in CIDR notation, without that of the bearer. */
  readonly ownNetworks: readonly string[]
  /** What the owner wrote into the carrier's record may be asked whatever it is. */
  readonly trusted: readonly { readonly host: string; readonly port: number }[]
}

export type GuardedUrl = { readonly ok: true; readonly url: MmsUrl } | { readonly ok: false; readonly reason: string }

/** Takes an address apart, or says why it is never asked. */
export function guardUrl(text: string, context: GuardContext): GuardedUrl {
  if (text.length > URL_CHARACTERS_MAX) return refused(`it has more than ${URL_CHARACTERS_MAX} characters`)
  if (!/^[\x21-\x7e]+$/.test(text)) return refused('it holds blanks, control characters or characters beyond ASCII')
  const match = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(text)
  if (match === null) return refused('only http and https are asked')
  const [, scheme = '', authority = '', rest = ''] = match
  if (authority.includes('@')) return refused('it names a user')
  const place = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(authority)
  if (place === null) return refused('its host is not well-formed')
  const secure = scheme.toLowerCase() === 'https'
  const standardPort = secure ? 443 : 80
  const port = place[2] === undefined ? standardPort : Number(place[2])
  if (port < 1 || port > 65_535) return refused('its port is none')
  const host = canonicalHost(place[1] ?? '')
  if (host === undefined) return refused('its host is not well-formed')
  const isLiteral = addressOctets(host) !== undefined
  const isTrusted = context.trusted.some((known) => known.host.toLowerCase() === host && known.port === port)
  const why = isTrusted ? undefined : isLiteral ? refusedAddress(host, context.ownNetworks) : refusedName(host)
  if (why !== undefined) return refused(`its host is never asked: ${why}`)
  const bracketed = host.includes(':') ? `[${host}]` : host
  return {
    ok: true,
    url: {
      scheme: secure ? 'https' : 'http',
      host,
      isLiteral,
      port,
      target: rest.startsWith('/') ? rest : `/${rest}`,
      authority: port === standardPort ? bracketed : `${bracketed}:${port}`,
    },
  }
}

/** Decimal, octal and hexadecimal forms of IPv4 become dotted ones (WHATWG URL §3.5); v6 its shortest. */
function canonicalHost(host: string): string | undefined {
  if (host.length > HOST_CHARACTERS_MAX) return undefined
  try {
    return new URL(`http://${host}/`).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '') || undefined
  } catch {
    return undefined
  }
}

function refusedName(name: string): string | undefined {
  return REFUSED_NAMES.test(name) ? 'its name is one of this machine or its link' : undefined
}

function refused(reason: string): GuardedUrl {
  return { ok: false, reason }
}
