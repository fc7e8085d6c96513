/**
 * Where a webhook may lead. Machines of the own network are what webhooks are for here; what is refused are the addresses
 * that a machine keeps for itself and its cloud (link-local, metadata services), and those that are no single machine.
 * A name is looked up once for each delivery, every address of it is checked, and the connection goes to one of these.
 */
import type { LookupAddress } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import { CausewayError } from '../../domain/errors.ts'

export type Resolve = (name: string) => Promise<readonly LookupAddress[]>

export const URL_CHARS_MAX = 2_000

const forbidden = new BlockList()
forbidden.addSubnet('0.0.0.0', 8, 'ipv4')
forbidden.addSubnet('169.254.0.0', 16, 'ipv4') // link-local (RFC 3927), and the metadata services of most clouds
forbidden.addAddress('100.100.100.200', 'ipv4') // metadata: Alibaba
forbidden.addAddress('192.0.0.192', 'ipv4') // metadata: Oracle
forbidden.addAddress('168.63.129.16', 'ipv4') // metadata: Azure
forbidden.addSubnet('224.0.0.0', 3, 'ipv4') // multicast, reserved, broadcast
forbidden.addAddress('::', 'ipv6')
forbidden.addSubnet('fe80::', 10, 'ipv6') // link-local
forbidden.addSubnet('fec0::', 10, 'ipv6') // site-local, of old
forbidden.addSubnet('ff00::', 8, 'ipv6') // multicast
forbidden.addAddress('fd00:ec2::254', 'ipv6') // metadata: Amazon
forbidden.addAddress('fd20:ce::254', 'ipv6') // metadata: Google
forbidden.addSubnet('64:ff9b::', 96, 'ipv6') // an IPv4 address in disguise (NAT64), whichever
forbidden.addSubnet('64:ff9b:1::', 48, 'ipv6')
forbidden.addSubnet('2002::', 16, 'ipv6') // the same (6to4)
forbidden.addSubnet('::', 96, 'ipv6') // the same (IPv4-compatible); holds ::1, which `isForbidden` lets pass

/** Whether no delivery goes to this IP address. An IPv4 address mapped into IPv6 counts as itself. */
function isForbidden(address: string): boolean {
  const bare = address.split('%')[0] ?? ''
  const kind = isIP(bare)
  if (kind === 0) return true
  if (kind === 4) return forbidden.check(bare, 'ipv4')
  const canonical = new URL(`http://[${bare}]/`).hostname.slice(1, -1)
  return canonical !== '::1' && forbidden.check(canonical, 'ipv6')
}

/**
 * The address as it is stored. Throws CausewayError `webhook-url` for what is no http(s) address, carries a password, or
 * names a forbidden machine by number; names are looked up when there is something to deliver.
 */
export function parseTarget(text: string): string {
  if (text.length > URL_CHARS_MAX || !URL.canParse(text))
    throw refused('Write the whole address, as https://host/path.')
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused('Only http and https lead anywhere.')
  if (url.username !== '' || url.password !== '') {
    throw refused('An address with a password in it would be shown in lists; the signature says who we are.')
  }
  url.hash = ''
  const literal = literalOf(url)
  if (literal !== undefined && isForbidden(literal)) throw refused(WHY_FORBIDDEN)
  return url.href
}

/** The addresses to connect to. Throws CausewayError `webhook-url` when one of them is forbidden; what `resolve` throws. */
export async function resolveTarget(url: URL, resolve: Resolve): Promise<readonly LookupAddress[]> {
  const literal = literalOf(url)
  const addresses =
    literal === undefined
      ? await resolve(url.hostname)
      : [{ address: literal, family: literal.includes(':') ? 6 : 4 } as const]
  if (addresses.length === 0 || addresses.some(({ address }) => isForbidden(address))) throw refused(WHY_FORBIDDEN)
  return addresses
}

function literalOf({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) === 0 ? undefined : bare
}

const WHY_FORBIDDEN = 'This leads to a link-local, metadata, multicast or reserved address, where nothing is delivered.'

function refused(why: string): CausewayError {
  return new CausewayError({ code: 'webhook-url', message: why, retry: 'never' })
}
