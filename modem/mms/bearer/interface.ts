/**
 * A bearer that somebody else brought up: an IP interface with an address (ECM, RNDIS, QMI, MBIM, a pppd of one's own).
 * Connections and questions to resolvers are bound to its own addresses, and the kernel is asked before each whether they
 * leave by it. Node cannot bind a socket to a device, so that this takes rules of routing by source (`routing.ts`).
 */
import { readFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { addressOctets } from '../http/ip.ts'
import { type Bearer, BearerError, type BearerLease } from './bearer.ts'
import { resolveName } from './dns.ts'
import { checkRoute, type RoutingOptions, secureRoute } from './routing.ts'

export interface InterfaceBearerOptions {
  readonly interfaceName: string
  /** Resolvers inside the carrier's network: literal addresses, with a port where it is not 53. */
  readonly dns: readonly string[]
  /** Of an interface that is no point-to-point link. */
  readonly gateway?: string
  readonly routing?: Partial<RoutingOptions>
}

interface OwnAddresses {
  readonly v4: string | undefined
  readonly v6: string | undefined
  /** What has this address can leave the machine. */
  readonly isLoopback: boolean
}

/** A bearer that is a network interface of the machine. Opening it rejects with BearerError. */
export function interfaceBearer(options: InterfaceBearerOptions): Bearer {
  return { kind: 'interface', open: (signal) => openInterface(options, signal) }
}

async function openInterface(options: InterfaceBearerOptions, signal: AbortSignal): Promise<BearerLease> {
  const { interfaceName, dns } = options
  const routing: RoutingOptions = { ipProgram: 'ip', setUp: true, ...options.routing }
  const own = addressesOf(interfaceName)
  const addresses = [own.v4, own.v6].filter((address) => address !== undefined)
  if (addresses.length === 0) throw new BearerError('bearer', `there is no interface ${interfaceName} with an address`)
  const sources = own.isLoopback ? addresses : await securedOf(addresses, options, routing, signal)
  const ofFamily = (length: number) => sources.find((source) => addressOctets(source)?.length === length)
  /** The bearer's address for this destination, once the kernel agrees. */
  const sourceFor = async (address: string, each: AbortSignal): Promise<string> => {
    const source = sources.find((candidate) => sameFamily(candidate, address))
    if (source === undefined) throw new BearerError('connect', `${interfaceName} has no address of that kind`)
    if (!own.isLoopback) await checkRoute({ interfaceName, source }, address, routing, each)
    return source
  }
  return {
    label: `${interfaceName}, ${sources.join(', ')}`,
    ownNetworks: otherNetworks(interfaceName),
    resolve: async (name, each) => {
      for (const server of dns) await sourceFor(hostOf(server), each)
      return resolveName(name, { servers: dns, v4: ofFamily(4), v6: ofFamily(16) }, each)
    },
    connect: async (address, port, each) => connectFrom(await sourceFor(address, each), address, port, each),
    close: () => Promise.resolve(),
  }
}

/** Those addresses whose packets leave by the interface or not at all. Throws BearerError when there are none. */
async function securedOf(
  addresses: readonly string[],
  { interfaceName, gateway }: InterfaceBearerOptions,
  routing: RoutingOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const interfaceIndex = await indexOf(interfaceName)
  const secured: string[] = []
  let failure: unknown
  for (const source of addresses) {
    const need = { interfaceName, interfaceIndex, source, gateway: sameFamily(gateway, source) ? gateway : undefined }
    try {
      await secureRoute(need, routing, signal)
      secured.push(source)
    } catch (error) {
      failure ??= error
    }
  }
  if (secured.length === 0) throw failure
  return secured
}

function connectFrom(source: string, host: string, port: number, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, localAddress: source, noDelay: true })
    const end = (error: Error) => {
      signal.removeEventListener('abort', stop)
      socket.destroy()
      // The address has gone, and with it the bearer.
      const isGone = 'code' in error && error.code === 'EADDRNOTAVAIL'
      reject(new BearerError(isGone ? 'bearer' : 'connect', `no connection: ${codeOf(error)}`, error))
    }
    const stop = () => end(new Error('it was called off'))
    signal.addEventListener('abort', stop, { once: true })
    socket.once('error', end)
    socket.once('connect', () => {
      signal.removeEventListener('abort', stop)
      socket.off('error', end)
      resolve(socket)
    })
    if (signal.aborted) stop()
  })
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message
}

function addressesOf(interfaceName: string): OwnAddresses {
  const infos = Object.entries(interfacesHere()).find(([name]) => name === interfaceName)?.[1] ?? []
  const global = infos.filter(({ address }) => !address.startsWith('fe80:') && !address.startsWith('169.254.'))
  return {
    v4: global.find(({ family }) => family === 'IPv4')?.address,
    v6: global.find(({ family }) => family === 'IPv6')?.address,
    isLoopback: infos.length > 0 && infos.every(({ internal }) => internal),
  }
}

/** What a stranger's address must not reach, even where the carrier's network has the same numbers. */
function otherNetworks(interfaceName: string): readonly string[] {
  return Object.entries(interfacesHere())
    .filter(([name]) => name !== interfaceName)
    .flatMap(([, infos]) => infos ?? [])
    .flatMap(({ cidr }) => (cidr === null ? [] : [cidr]))
}

function interfacesHere(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces()
  } catch (error) {
    throw new BearerError(
      'bearer',
      'the interfaces of this machine cannot be listed (the service needs AF_NETLINK)',
      error,
    )
  }
}

async function indexOf(interfaceName: string): Promise<number> {
  try {
    return Number((await readFile(`/sys/class/net/${interfaceName}/ifindex`, 'ascii')).trim())
  } catch (error) {
    throw new BearerError('bearer', `there is no interface ${interfaceName}`, error)
  }
}

function sameFamily(left: string | undefined, right: string): boolean {
  return left !== undefined && addressOctets(left)?.length === addressOctets(right)?.length
}

/** A server of the resolver without its port. */
function hostOf(server: string): string {
  return addressOctets(server) === undefined ? server.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') : server
}
