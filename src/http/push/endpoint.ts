/**
 * Where a wake may go: to a push service of the wide world, over TLS and by its name. A browser names its service, and
 * whoever signs in names what they like, so nothing is posted to this machine or its network, whatever a name leads to.
 */
import { BlockList, isIP } from 'node:net'
import { CausewayError } from '../../domain/errors.ts'
import type { Resolve } from '../webhooks/target.ts'

const ENDPOINT_CHARS_MAX = 1_000

/** Beside those that webhooks refuse as well. */
const home = new BlockList()
home.addSubnet('127.0.0.0', 8, 'ipv4')
home.addSubnet('10.0.0.0', 8, 'ipv4')
home.addSubnet('172.16.0.0', 12, 'ipv4')
home.addSubnet('192.168.0.0', 16, 'ipv4')
home.addSubnet('100.64.0.0', 10, 'ipv4') // carrier-grade NAT, and private overlay networks
home.addSubnet('192.0.0.0', 24, 'ipv4')
home.addSubnet('198.18.0.0', 15, 'ipv4')
home.addAddress('::1', 'ipv6')
home.addSubnet('fc00::', 7, 'ipv6')

/** The address as it is stored. Throws CausewayError `push-endpoint`. */
export function parseEndpoint(text: string, mayBeLocal: boolean): string {
  if (text.length > ENDPOINT_CHARS_MAX || !URL.canParse(text)) throw refused('This is no address.')
  const url = new URL(text)
  if (mayBeLocal && url.protocol === 'http:') return url.href
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    throw refused('A push service has an https address without a password.')
  }
  if (!mayBeLocal && (isIP(url.hostname) !== 0 || url.hostname.startsWith('['))) {
    throw refused('A push service has a name.')
  }
  return url.href
}

/** Looks names up, and refuses those that lead home. Only what was checked is connected to (`webhooks/post.ts`). */
export function guarded(resolve: Resolve, mayBeLocal: boolean): Resolve {
  if (mayBeLocal) return resolve
  return async (name) => {
    const addresses = await resolve(name)
    if (addresses.some(({ address }) => isHome(address))) throw refused('This leads into the own network.')
    return addresses
  }
}

function isHome(address: string): boolean {
  const bare = address.split('%')[0] ?? ''
  const kind = isIP(bare)
  if (kind === 0) return true
  return home.check(bare, kind === 6 ? 'ipv6' : 'ipv4')
}

function refused(why: string): CausewayError {
  return new CausewayError({ code: 'push-endpoint', message: why, retry: 'never' })
}
