/**
 * A bearer that we dial: pppd (a program of its own, with rights of its own) on a port of the modem makes an interface,
 * which then serves as any other does (`interface.ts`), with the same proof that nothing leaves by another.
 *
 *   port ─▶ options and chat script in a private folder ─▶ pppd ─▶ interface, address, resolvers ─▶ interface bearer
 *
 * A session takes its port wholly. On a modem's second port texts go on as ever; on the one port that texts use they
 * stop, so that this happens only where somebody hands in how that port is lent and taken back.
 */
import { access, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { type Clock, type Log, pause } from '../../serial/surroundings.ts'
import type { ApnSettings } from './at-dialect.ts'
import type { Bearer, BearerLease } from './bearer.ts'
import { interfaceBearer } from './interface.ts'
import { chatScript, pppdOptions } from './ppp-options.ts'
import { PppProcess } from './ppp-process.ts'
import { failureOf, PppError } from './ppp-report.ts'
import type { RoutingOptions } from './routing.ts'

export interface PppTimings {
  /** From dialling to an address. */
  readonly upMs: number
  /** After the address, for the resolvers that are told behind it. */
  readonly resolversMs: number
  /** For hanging up, before pppd is killed. */
  readonly hangUpMs: number
}

/** A call takes seconds on LTE and half a minute on GPRS; hanging up is two requests of three seconds each. */
const PPP_TIMINGS: PppTimings = { upMs: 60_000, resolversMs: 500, hangUpMs: 8_000 }

/** The kernel may show an interface a moment after pppd has set it up. */
const LISTED_MS = 2_000
const LISTED_EVERY_MS = 50

/** What is left of a time limit when hanging up has had all its time. */
const MARGIN_MS = 5_000

export interface PppBearerOptions {
  /** The port that is dialled on, `/dev/…`: see `dataPortOf` for a modem's second one. */
  readonly device: string
  /** The port that texts use, if it is a device. */
  readonly atPort: string | undefined
  /**
   * Lends the port that texts use: stops the modem's driver, and resolves with what starts it again. Only with it is a
   * session ever made on that port; no text comes or goes meanwhile, and what came is fetched from the SIM afterwards.
   */
  readonly borrowAtPort?: () => Promise<() => Promise<void>>
  readonly apn: ApnSettings
  /** The modem's data context. Not 1: what LTE attaches with stands there. */
  readonly cid?: number
  readonly unit?: number
  readonly baudRate?: number
  readonly hasCarrierDetect?: boolean
  /** The carrier's resolvers, literal addresses. Empty: the other end is asked for its own. */
  readonly dns: readonly string[]
  /** Where private folders may be made. */
  readonly runDirectory: string
  readonly pppd?: string
  /** A file of /etc/ppp/peers with what only root may say, for a pppd that is root by its mode bits (mms-ppp.conf). */
  readonly peer?: string
  readonly chat?: string
  readonly routing?: Partial<RoutingOptions>
  readonly clock: Clock
  readonly log: Log
  readonly timings?: PppTimings
}

export const PPPD = '/usr/sbin/pppd'
export const CHAT = '/usr/sbin/chat'
const CID = 3
const BAUD_RATE = 115_200

/** Opening throws PppError. One session at a time: share it by SharedBearer. */
export function pppBearer(options: PppBearerOptions): Bearer {
  const { upMs, hangUpMs } = options.timings ?? PPP_TIMINGS
  return {
    kind: 'ppp',
    openingMaxMs: upMs + hangUpMs + MARGIN_MS,
    open: (signal) => open(options, signal),
  }
}

async function open(options: PppBearerOptions, signal: AbortSignal): Promise<BearerLease> {
  const device = await realpath(options.device).catch((error: unknown) => {
    throw new PppError('port', `there is no port ${options.device}`, error)
  })
  const giveBack = await borrowed(options, device)
  try {
    return await session(options, { device, giveBack }, signal)
  } catch (error) {
    await giveBack?.()
    throw error
  }
}

/** A port that may be dialled on; `giveBack` where it is the one that texts use. */
interface DialPort {
  readonly device: string
  readonly giveBack: (() => Promise<void>) | undefined
}

/** Throws PppError where the port is that of the texts and nobody lends it. */
async function borrowed({ atPort, borrowAtPort }: PppBearerOptions, device: string): Promise<DialPort['giveBack']> {
  const isAtPort = atPort !== undefined && (await realpath(atPort).catch(() => atPort)) === device
  if (!isAtPort) return undefined
  if (borrowAtPort === undefined) {
    throw new PppError('port', 'that is the port that texts use, which dialling would take: name another one')
  }
  try {
    return await borrowAtPort()
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it is in use'
    throw new PppError('port', `the port that texts use is not lent now: ${why}`, error)
  }
}

async function session(options: PppBearerOptions, port: DialPort, signal: AbortSignal): Promise<BearerLease> {
  const { clock, log, timings = PPP_TIMINGS } = options
  const folder = await mkdtemp(join(options.runDirectory, 'ppp-'))
  let pppd: PppProcess | undefined
  const hangUp = async () => {
    await pppd?.end(timings.hangUpMs)
    await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
  try {
    const told = [...called(options.peer), 'file', await written(options, port, folder)]
    pppd = await PppProcess.start(options.pppd ?? PPPD, told, clock)
    const interfaceName = await up(pppd, options, timings, signal)
    const dns = options.dns.length > 0 ? options.dns : pppd.report.resolvers
    const { routing } = options
    const inner = interfaceBearer({ interfaceName, dns, ...(routing === undefined ? {} : { routing }) })
    const lease = await inner.open(signal)
    log.debug({ interfaceName }, 'the modem has dialled')
    return dialled(lease, pppd, async () => {
      await lease.close()
      await hangUp()
      await port.giveBack?.()
    })
  } catch (error) {
    await hangUp()
    throw error
  }
}

/** Throws PppError for what is no plain name of a file. */
function called(peer: string | undefined): readonly string[] {
  if (peer === undefined) return []
  if (!/^\w[\w.-]{0,60}$/.test(peer)) throw new PppError('bad-settings', 'that is no name of a file in /etc/ppp/peers')
  return ['call', peer]
}

/** The two files; resolves with the name of the one for pppd. */
async function written(options: PppBearerOptions, { device, giveBack }: DialPort, folder: string): Promise<string> {
  const chatFile = join(folder, 'chat')
  const optionsFile = join(folder, 'options')
  const dial = {
    device,
    baudRate: options.baudRate ?? BAUD_RATE,
    cid: options.cid ?? CID,
    apn: options.apn,
    unit: options.unit,
    asksForDns: options.dns.length === 0,
    isLent: giveBack !== undefined,
    hasCarrierDetect: options.hasCarrierDetect ?? true,
    hasPeerFile: options.peer !== undefined,
    chatProgram: options.chat ?? CHAT,
    chatFile,
  }
  let texts: { chat: string; pppd: string }
  try {
    texts = { chat: chatScript(dial), pppd: pppdOptions(dial) }
  } catch (error) {
    throw new PppError('bad-settings', error instanceof Error ? error.message : 'settings that pppd cannot take', error)
  }
  // The password is in it.
  await writeFile(chatFile, texts.chat, { mode: 0o600 })
  await writeFile(optionsFile, texts.pppd, { mode: 0o600 })
  return optionsFile
}

/** Waits for the address, and resolves with the interface that has it. Throws PppError. */
async function up(
  pppd: PppProcess,
  { clock, dns }: PppBearerOptions,
  { upMs, resolversMs }: PppTimings,
  signal: AbortSignal,
): Promise<string> {
  const limit = new AbortController()
  const stop = () => limit.abort()
  signal.addEventListener('abort', stop, { once: true })
  const cancel = clock.after(upMs, stop)
  if (signal.aborted) stop()
  const { report } = pppd
  try {
    while (report.localAddress === undefined || report.interfaceName === undefined) {
      if (pppd.isOver) {
        const end = await pppd.ended
        if (report.localAddress !== undefined && report.interfaceName !== undefined) break
        throw failureOf(end, report, await hasPppDevice())
      }
      if (signal.aborted) throw new PppError('called-off', 'dialling was called off')
      if (limit.signal.aborted) {
        throw new PppError('time-out', `no address came within ${upMs / 1000} s of dialling`)
      }
      await pppd.news(limit.signal)
    }
  } finally {
    cancel()
    signal.removeEventListener('abort', stop)
  }
  if (dns.length === 0 && report.resolvers.length === 0) await pause(clock, resolversMs, signal)
  for (let waitedMs = 0; waitedMs < LISTED_MS && !isListed(report.interfaceName); waitedMs += LISTED_EVERY_MS) {
    if (signal.aborted || pppd.isOver) break
    await pause(clock, LISTED_EVERY_MS, signal)
  }
  return report.interfaceName
}

/** True also where interfaces cannot be listed: the interface bearer has the words for that. */
function isListed(name: string): boolean {
  try {
    return Object.keys(networkInterfaces()).includes(name)
  } catch {
    return true
  }
}

/** The lease of the interface, whose end is that of pppd. */
function dialled(lease: BearerLease, pppd: PppProcess, close: () => Promise<void>): BearerLease {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!pppd.isOver) {
      try {
        return await work()
      } catch (error) {
        if (!pppd.isOver) throw error
      }
    }
    throw failureOf(await pppd.ended, pppd.report, true)
  }
  let closing: Promise<void> | undefined
  return {
    label: `dialled, ${lease.label}`,
    ownNetworks: lease.ownNetworks,
    resolve: (name, signal) => guarded(() => lease.resolve(name, signal)),
    connect: (address, port, signal) => guarded(() => lease.connect(address, port, signal)),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

function hasPppDevice(): Promise<boolean> {
  return access('/dev/ppp').then(
    () => true,
    () => false,
  )
}
