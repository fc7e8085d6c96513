/**
 * What can be seen to hinder dialling before it is tried: programs, kernel, rights, port. A look only, for whoever examines
 * the machine; that pppd itself is content is known when it has been started.
 */
import { access, constants, readFile, stat } from 'node:fs/promises'
import { CHAT, PPPD } from './ppp.ts'
import { PppError } from './ppp-report.ts'

const HELP = '(hardware.md, "Picture messages")'
const SETUID = 0o4000

export interface PppPlace {
  readonly device: string
  readonly pppd?: string
  readonly chat?: string
  /** `/` except in tests. */
  readonly root?: string
}

/** The first thing that is in the way, with what to do; undefined: none is seen. Never rejects. */
export async function pppObstacle({
  device,
  pppd = PPPD,
  chat = CHAT,
  root = '',
}: PppPlace): Promise<PppError | undefined> {
  for (const program of [pppd, chat]) {
    const missing = await obstacleTo(program, constants.X_OK)
    if (missing === 'missing')
      return new PppError('pppd-missing', `there is no ${program}: install the package ppp, or say where it is`)
    if (missing !== undefined)
      return new PppError('not-permitted', `${program} may not be run by this user: group dip on Debian ${HELP}`)
  }
  if ((await obstacleTo(`${root}/dev/ppp`, constants.F_OK)) !== undefined) {
    const what = 'there is no /dev/ppp: this kernel has no PPP (module ppp_generic), or the service may not see it'
    return new PppError('no-kernel-support', `${what} ${HELP}`)
  }
  const rights = await rightsObstacle(pppd, root)
  if (rights !== undefined) return new PppError('not-permitted', `${rights} ${HELP}`)
  const port = await obstacleTo(device, constants.R_OK | constants.W_OK)
  if (port === 'missing') return new PppError('port', `there is no port ${device}`)
  if (port !== undefined)
    return new PppError('port', `the port ${device} may not be used by this user: group dialout on Debian`)
  const holder = await lockedBy(device, root)
  if (holder === undefined) return undefined
  return new PppError(
    'port',
    `another program (process ${holder}) holds the port ${device}: end it, or name another port`,
  )
}

/** pppd has to be root, by who starts it or by its mode bits. */
async function rightsObstacle(pppd: string, root: string): Promise<string | undefined> {
  if (process.getuid?.() === 0) return undefined
  const mode = await stat(pppd).then(
    (found) => found.mode,
    () => 0,
  )
  if ((mode & SETUID) === 0) return `${pppd} has to be root, and is not made so by its mode bits`
  const status = await readFile(`${root}/proc/self/status`, 'ascii').catch(() => '')
  return /^NoNewPrivs:\s*1$/m.test(status)
    ? 'pppd may not become root under this service: its drop-in mms-ppp.conf is wanted'
    : undefined
}

/** The process that holds the port by a lock file (FHS 5.9), while it lives. */
async function lockedBy(device: string, root: string): Promise<number | undefined> {
  const name = device.split('/').at(-1) ?? ''
  const pid = Number((await readFile(`${root}/var/lock/LCK..${name}`, 'ascii').catch(() => '')).trim())
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  return (await obstacleTo(`/proc/${pid}`, constants.F_OK)) === undefined ? pid : undefined
}

function obstacleTo(path: string, wanted: number): Promise<'missing' | 'denied' | undefined> {
  return access(path, wanted).then(
    () => undefined,
    (error: unknown) => (error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'missing' : 'denied'),
  )
}
