/**
 * What can be said about the machine and the configuration without a running gateway: platform, disk, clock, Redis, key,
 * ports. Looks only; changes nothing, opens no port and no database.
 */
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../config.ts'
import type { Finding } from '../domain/finding.ts'
import { examineCertificate } from './certificate.ts'
import { found } from './found.ts'
import { nodeEndsAtMs } from './node-releases.ts'
import { type Holder, holderOf, processRuns } from './processes.ts'

/** What the checks know of the machine; tests give another one. */
export interface Host {
  platform: string
  arch: string
  /** `20.19.0`. */
  node: string
  /** `2.36`; undefined where the C library is another one. */
  glibc: string | undefined
  nowMs: number
  path: string
  /** Whether systemd says that the clock follows a time server; undefined when it cannot be told. */
  clockSynchronized(): Promise<boolean | undefined>
  /** Another program that has this port open, as far as can be told. */
  holderOf(port: string): Holder | undefined
}

/** This machine. */
function thisHost(): Host {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined
  return {
    platform: process.platform,
    arch: process.arch,
    node: process.versions.node,
    glibc: report?.header?.glibcVersionRuntime,
    nowMs: Date.now(),
    path: process.env['PATH'] ?? '',
    clockSynchronized: askTimedate,
    holderOf,
  }
}

const NODE_MIN = '20.19'
const NODE_END_SOON_MS = 90 * 86_400_000
/** What Signal's prebuilt libraries are linked against. */
const GLIBC_MIN = '2.34'
/** This program was not written before. */
const NOW_MIN_MS = Date.UTC(2026, 10, 1)
const DISK_ERROR_BYTES = 100e6
const DISK_WARNING_BYTES = 500e6
const COMMAND_TIMEOUT_MS = 3_000
const CONNECT_TIMEOUT_MS = 2_000

/**
 * All findings about the machine, those that are well too. `refused`: ports of which the system told a running gateway that
 * another program holds them; undefined: no gateway runs, so whoever has a port open stands in its way.
 */
export async function examineHost(
  config: Config,
  refused?: readonly string[],
  host: Host = thisHost(),
): Promise<Finding[]> {
  return [
    ...platform(host),
    disk(config),
    await clock(host),
    await redis(config, host),
    key(config),
    ...ports(config, host, refused),
    ...examineCertificate(config, host.nowMs),
    ...modemManager(config),
  ]
}

function platform({ node, platform, arch, glibc, nowMs }: Host): Finding[] {
  const findings = [
    isAtLeast(node, NODE_MIN)
      ? found('node.version.ok', 'ok', { version: node })
      : found('node.version', 'error', { version: node, wanted: NODE_MIN }),
  ]
  findings.push(...nodeEnd(node, nowMs))
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    return [...findings, found('arch.unsupported', 'error', { platform, arch })]
  }
  findings.push(found('arch.unsupported.ok', 'ok', { platform, arch }))
  if (glibc === undefined) findings.push(found('glibc.old.none', 'error', {}))
  else if (isAtLeast(glibc, GLIBC_MIN)) findings.push(found('glibc.old.ok', 'ok', { version: glibc }))
  else findings.push(found('glibc.old', 'error', { version: glibc, wanted: GLIBC_MIN }))
  return findings
}

/** Nothing of a release whose end is not known. */
function nodeEnd(version: string, nowMs: number): Finding[] {
  const endMs = nodeEndsAtMs(version)
  if (endMs === undefined) return []
  const values = { version, at: new Date(endMs).toISOString() }
  // No worry that would stand there for ever: a distribution goes on mending what it has packaged.
  if (nowMs >= endMs) return [found('node.eol', 'info', values)]
  if (endMs - nowMs < NODE_END_SOON_MS) return [found('node.eol.soon', 'info', values)]
  return [found('node.eol.ok', 'ok', values)]
}

function disk(config: Config): Finding {
  const directory = nearestDirectory(config.dataDir)
  const { bavail, bsize } = statfsSync(directory)
  const room = { bytes: bavail * bsize, directory }
  if (room.bytes < DISK_ERROR_BYTES) return found('disk.low.full', 'error', room)
  return room.bytes < DISK_WARNING_BYTES ? found('disk.low', 'warning', room) : found('disk.low.ok', 'ok', room)
}

async function clock(host: Host): Promise<Finding> {
  if (host.nowMs < NOW_MIN_MS) {
    return found('clock.skew.impossible', 'error', { at: new Date(host.nowMs).toISOString() })
  }
  const synchronized = await host.clockSynchronized()
  if (synchronized === undefined) return found('clock.skew.unknown', 'info', {})
  return synchronized ? found('clock.skew.ok', 'ok', {}) : found('clock.skew', 'warning', {})
}

async function redis(config: Config, host: Host): Promise<Finding> {
  const wanted = config.queue.redis
  if (wanted.kind === 'private') {
    const program = ['redis-server', 'valkey-server'].find((name) =>
      host.path.split(delimiter).some((directory) => directory !== '' && existsSync(join(directory, name))),
    )
    return program === undefined ? found('redis.missing', 'error', {}) : found('redis.missing.ok', 'ok', { program })
  }
  const where = wanted.kind === 'socket' ? wanted.path : new URL(wanted.url).host
  const up = await (wanted.kind === 'socket' ? connects({ path: wanted.path }) : connects(hostAndPort(wanted.url)))
  return up ? found('redis.missing.answers', 'ok', { where }) : found('redis.missing.silent', 'error', { where })
}

function key(config: Config): Finding {
  const { keyFile: file } = config.store
  if (!existsSync(file)) {
    const hasDatabase = existsSync(join(config.dataDir, 'causeway.db'))
    return hasDatabase ? found('db.key_missing', 'error', { file }) : found('db.key_missing.later', 'info', { file })
  }
  const isOpen = (statSync(file).mode & 0o077) !== 0
  return isOpen ? found('db.key_open', 'error', { file }) : found('db.key_missing.ok', 'ok', { file })
}

function ports(config: Config, host: Host, refused: readonly string[] | undefined): Finding[] {
  if (config.modems.length === 0) return [found('modem.none', 'info', {})]
  const named = config.modems.map(({ port }) => port).filter((port) => port.startsWith('/dev/'))
  return [...new Set([...named, ...(refused ?? [])])].map((port) => examinePort(port, host, refused))
}

function examinePort(port: string, host: Host, refused: readonly string[] | undefined): Finding {
  if (!existsSync(port)) return found('port.missing', 'error', { port })
  const isRefused = refused?.includes(port) === true
  const holder = refused === undefined || isRefused ? host.holderOf(port) : undefined
  if (holder !== undefined) return found('port.busy.by', 'error', { port, ...holder })
  if (isRefused) return found('port.busy', 'error', { port })
  try {
    accessSync(port, constants.R_OK | constants.W_OK)
    return found('port.permission.ok', 'ok', { port })
  } catch {
    return found('port.permission', 'error', { port })
  }
}

function modemManager(config: Config): Finding[] {
  if (!config.modems.some(({ port }) => port === 'auto' || port.startsWith('/dev/')) || !processRuns('ModemManager'))
    return []
  return [found('modem.owned_by_modemmanager', 'warning', {})]
}

async function askTimedate(): Promise<boolean | undefined> {
  if (existsSync('/run/systemd/timesync/synchronized')) return true
  try {
    const { stdout } = await promisify(execFile)('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
      timeout: COMMAND_TIMEOUT_MS,
    })
    return stdout.trim() === 'yes' ? true : stdout.trim() === 'no' ? false : undefined
  } catch {
    return undefined
  }
}

function hostAndPort(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) }
}

function connects(target: { path: string } | { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(target)
    const end = (up: boolean) => {
      socket.destroy()
      resolve(up)
    }
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

function nearestDirectory(path: string): string {
  return existsSync(path) ? path : nearestDirectory(dirname(path))
}

function isAtLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = minimum.split('.').map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}
