/**
 * What can be said about the machine and the configuration without a running gateway: platform, disk, clock, Redis, key,
 * ports. Looks only; changes nothing, opens no port and no database.
 */
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../config.ts'
import type { Finding } from '../domain/finding.ts'
import { examineCertificate } from './certificate.ts'

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
  }
}

const NODE_MIN = '20.19'
/** What Signal's prebuilt libraries are linked against. */
const GLIBC_MIN = '2.34'
/** This program was not written before. */
const NOW_MIN_MS = Date.UTC(2026, 10, 1)
const DISK_ERROR_BYTES = 100e6
const DISK_WARNING_BYTES = 500e6
const COMMAND_TIMEOUT_MS = 3_000
const CONNECT_TIMEOUT_MS = 2_000

/** All findings about the machine, those that are well too. */
export async function examineHost(config: Config, host: Host = thisHost()): Promise<Finding[]> {
  return [
    ...platform(host),
    disk(config),
    ...(await clock(host)),
    await redis(config, host),
    ...key(config),
    ...ports(config),
    ...examineCertificate(config, host.nowMs),
    ...modemManager(config),
  ]
}

function platform(host: Host): Finding[] {
  const findings = [
    isAtLeast(host.node, NODE_MIN)
      ? ok('node.version', `Node ${host.node}.`)
      : error('node.version', `Node ${host.node} is too old.`, `Install Node ${NODE_MIN} or newer (Debian: nodejs).`),
  ]
  if (host.platform !== 'linux' || (host.arch !== 'x64' && host.arch !== 'arm64')) {
    const what = `${host.platform} on ${host.arch}: Signal’s libraries are not built for it.`
    return [...findings, error('arch.unsupported', what, 'Use 64-bit Linux on x64 or arm64.')]
  }
  findings.push(ok('arch.unsupported', `Linux on ${host.arch}.`))
  if (host.glibc === undefined) {
    findings.push(error('glibc.old', 'The C library is not glibc.', 'Use Debian 12 or newer (not Alpine).'))
  } else if (!isAtLeast(host.glibc, GLIBC_MIN)) {
    findings.push(error('glibc.old', `glibc ${host.glibc} is older than ${GLIBC_MIN}.`, 'Use Debian 12 or newer.'))
  } else findings.push(ok('glibc.old', `glibc ${host.glibc}.`))
  return findings
}

function disk(config: Config): Finding {
  const directory = nearestDirectory(config.dataDir)
  const { bavail, bsize } = statfsSync(directory)
  const free = bavail * bsize
  const what = `${Math.round(free / 1e6)} MB are free at ${directory}.`
  if (free < DISK_ERROR_BYTES) return error('disk.low', what, 'Make room: messages cannot be stored any more soon.')
  return free < DISK_WARNING_BYTES ? warning('disk.low', what, 'Make room.') : ok('disk.low', what)
}

async function clock(host: Host): Promise<Finding[]> {
  const fix = 'Turn time synchronisation on: timedatectl set-ntp true.'
  if (host.nowMs < NOW_MIN_MS) {
    const what = `The clock says ${new Date(host.nowMs).toISOString()}, which cannot be.`
    return [error('clock.skew', what, fix)]
  }
  const synchronized = await host.clockSynchronized()
  if (synchronized === true) return [ok('clock.skew', 'The clock follows a time server.')]
  if (synchronized === undefined) {
    return [info('clock.skew', 'Whether the clock is right cannot be told here; Signal’s server wants it to be.')]
  }
  return [warning('clock.skew', 'The clock follows no time server; Signal’s server refuses wrong clocks.', fix)]
}

async function redis(config: Config, host: Host): Promise<Finding> {
  const wanted = config.queue.redis
  if (wanted.kind === 'private') {
    const found = ['redis-server', 'valkey-server'].find((name) =>
      host.path.split(delimiter).some((directory) => directory !== '' && existsSync(join(directory, name))),
    )
    if (found !== undefined) return ok('redis.missing', `${found} is there.`)
    const fix = 'sudo apt-get install -y --no-install-recommends redis-server'
    return error('redis.missing', 'There is no redis-server to start.', fix)
  }
  const where = wanted.kind === 'socket' ? wanted.path : new URL(wanted.url).host
  const up = await (wanted.kind === 'socket' ? connects({ path: wanted.path }) : connects(hostAndPort(wanted.url)))
  if (up) return ok('redis.missing', `Redis answers at ${where}.`)
  return error('redis.missing', `Nothing answers at ${where}.`, 'Start that Redis, or set queue.redis to private.')
}

function key(config: Config): Finding[] {
  const { keyFile } = config.store
  const hasDatabase = existsSync(join(config.dataDir, 'causeway.db'))
  if (!existsSync(keyFile)) {
    if (!hasDatabase) return [info('db.key_missing', `The key ${keyFile} will be made at the first start.`)]
    const what = `The key ${keyFile} is not there, but the database is.`
    return [error('db.key_missing', what, 'Put back the key of this database; without it the database is noise.')]
  }
  if ((statSync(keyFile).mode & 0o077) !== 0) {
    return [error('db.key_open', `Others may read the key ${keyFile}.`, `chmod 600 ${keyFile}`)]
  }
  return [ok('db.key_missing', `The key ${keyFile} is there.`)]
}

function ports(config: Config): Finding[] {
  if (config.modems.length === 0) {
    return [info('modem.none', 'No modem is configured: Signal only. Add one under modems, as hardware.md says.')]
  }
  return config.modems
    .filter((modem) => modem.port.startsWith('/dev/'))
    .map(({ port }) => {
      if (!existsSync(port)) {
        const fix = 'Plug it in, or take the name from: ls -l /dev/serial/by-id/'
        return error('port.missing', `There is no ${port}.`, fix)
      }
      try {
        accessSync(port, constants.R_OK | constants.W_OK)
        return ok('port.permission', `${port} may be opened.`)
      } catch {
        const fix = 'Add the user to the group: sudo usermod -aG dialout USER, and log in anew.'
        return error('port.permission', `This user may not open ${port}.`, fix)
      }
    })
}

function modemManager(config: Config): Finding[] {
  if (!config.modems.some(({ port }) => port === 'auto' || port.startsWith('/dev/')) || !processRuns('ModemManager'))
    return []
  const fix = 'Install the udev rules of systemd/, or: sudo systemctl disable --now ModemManager'
  return [warning('modem.owned_by_modemmanager', 'ModemManager runs and may take the modem’s port.', fix)]
}

function processRuns(name: string): boolean {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name
      } catch {
        return false
      }
    })
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

function ok(id: string, what: string): Finding {
  return { id, severity: 'ok', what, fix: undefined }
}

function info(id: string, what: string): Finding {
  return { id, severity: 'info', what, fix: undefined }
}

function warning(id: string, what: string, fix: string): Finding {
  return { id, severity: 'warning', what, fix }
}

function error(id: string, what: string, fix: string): Finding {
  return { id, severity: 'error', what, fix }
}
