/**
 * A dialled bearer with a pppd of the fixtures, a process as the real one is: what it is told, how it comes up, every way
 * in which it fails, and that no process and no password stays behind.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { SharedBearer } from '../../../modem/mms/bearer/holder.ts'
import { type PppBearerOptions, pppBearer } from '../../../modem/mms/bearer/ppp.ts'
import { chatScript, pppdOptions } from '../../../modem/mms/bearer/ppp-options.ts'
import { failureOf, PppReport } from '../../../modem/mms/bearer/ppp-report.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { afterwards, BEN, pduIn, sendRequest, silent, world } from './world.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))
const never = new AbortController().signal

interface Place {
  readonly options: PppBearerOptions
  readonly folder: string
  /** The private folders that are there now. */
  sessions(): Promise<string[]>
  /** The process id in a file of the one private folder. */
  pidIn(file: 'pid' | 'child'): Promise<number>
}

async function place(user: string, changes: Partial<PppBearerOptions> = {}): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'cw-ppp-'))
  afterwards(() => rm(folder, { recursive: true, force: true }))
  const run = join(folder, 'run')
  await mkdir(run)
  for (const port of ['ttyUSB2', 'ttyUSB3']) await writeFile(join(folder, port), '')
  const options: PppBearerOptions = {
    device: join(folder, 'ttyUSB3'),
    atPort: join(folder, 'ttyUSB2'),
    apn: { apn: 'mms.sim', auth: 'pap', user, password: 'se"cr\\et' },
    dns: ['127.0.0.1'],
    runDirectory: run,
    pppd: fixture('pppd.sh'),
    chat: fixture('chat.sh'),
    clock: systemClock,
    log: silent,
    timings: { upMs: 20_000, resolversMs: 100, hangUpMs: 5_000 },
    ...changes,
  }
  const sessions = () => readdir(run)
  const pidIn = async (file: string) => {
    const [only = ''] = await sessions()
    const pid = Number(await readFile(join(run, only, file), 'ascii'))
    if (!(pid > 1)) throw new Error(`${pid} is no process`)
    return pid
  }
  return { options, folder, sessions, pidIn }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const failing = async (options: PppBearerOptions, signal = never) =>
  pppBearer(options)
    .open(signal)
    .then(
      () => {
        throw new Error('it came up')
      },
      (error: unknown) => error,
    )

describe('a dialled bearer', () => {
  it('comes up, carries a message, hangs up, and leaves nothing behind', async () => {
    const { options, sessions, pidIn } = await place('up')
    const bearer = new SharedBearer(pppBearer(options), { clock: systemClock, log: silent })
    const { exchange, mmsc } = await world({ bearer })
    const answer = pduIn(await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) }))
    expect(answer).toMatchObject({ type: 'm-send-conf', responseStatus: 0x80 })
    expect(mmsc.messages()).toHaveLength(1)
    const pid = await pidIn('pid')
    expect(isAlive(pid)).toBe(true)
    await bearer.stop()
    expect(isAlive(pid)).toBe(false)
    expect(await sessions()).toEqual([])
  })

  it('keeps what it tells pppd to itself: files of our own only, nothing in the list of processes', async () => {
    const { options, sessions, pidIn } = await place('up')
    const lease = await pppBearer(options).open(never)
    const [session = ''] = await sessions()
    const private_ = join(options.runDirectory, session)
    expect((await stat(private_)).mode & 0o777).toBe(0o700)
    expect((await stat(join(private_, 'options'))).mode & 0o777).toBe(0o600)
    expect(await readFile(`/proc/${await pidIn('pid')}/cmdline`, 'latin1')).not.toContain('cr')
    await lease.close()
    await lease.close()
  })

  it('asks the other end for its resolvers only where the carrier’s are not known, and then asks those', async () => {
    const asking = await place('up', { dns: [] })
    const lease = await pppBearer(asking.options).open(never)
    // They are not of this machine's loopback: nothing is asked of them, and the reason is theirs.
    await expect(lease.resolve('mmsc.sim', AbortSignal.timeout(300))).rejects.toMatchObject({ step: 'dns' })
    await lease.close()
    const told = await readFileOf('up', { dns: ['10.1.2.3'] })
    expect(told).not.toContain('usepeerdns')
    expect(await readFileOf('up', { dns: [] })).toContain('usepeerdns')
  })

  it.each([
    ['old', 'bad-settings', '2.4.9'],
    ['not-root', 'not-permitted', 'root'],
    ['privileged', 'not-permitted', 'root'],
    ['no-kernel', 'no-kernel-support', 'PPP'],
    ['locked', 'port', 'another program'],
    ['unopenable', 'port', 'cannot be opened'],
    ['auth', 'authentication', 'refused'],
    ['peer-auth', 'authentication', 'refused'],
    ['silence', 'time-out', 'nobody speaks PPP'],
    ['early-hangup', 'no-carrier', 'hung up'],
    ['odd', 'ended', '99'],
  ])('says in words why it does not come up: %s', async (user, failure, words) => {
    const { options, sessions } = await place(user)
    expect(await failing(options)).toMatchObject({ step: 'bearer', failure, message: expect.stringContaining(words) })
    expect(await sessions()).toEqual([])
  })

  it.each([
    ['no.carrier', 'no-carrier', 'NO CARRIER'],
    ['busy', 'no-carrier', 'BUSY'],
    ['refused', 'refused-by-modem', 'access point'],
    ['silent', 'time-out', 'did not answer'],
  ])('says in words on what dialling failed: %s', async (apn, failure, words) => {
    const { options } = await place('up')
    const error = await failing({ ...options, apn: { ...options.apn, apn } })
    expect(error).toMatchObject({ failure, message: expect.stringContaining(words) })
  })

  it('leaves to a file of /etc/ppp/peers what only root may say', async () => {
    const { options } = await place('up', { peer: 'causeway' })
    await (await pppBearer(options).open(never)).close()
    expect(await failing({ ...options, peer: '../evil' })).toMatchObject({ failure: 'bad-settings' })
  })

  it('says that pppd is not there, or not for this user', async () => {
    const { options, folder, sessions } = await place('up')
    expect(await failing({ ...options, pppd: '/nonexistent/pppd' })).toMatchObject({ failure: 'pppd-missing' })
    const locked = join(folder, 'locked')
    await writeFile(locked, '#!/bin/sh\n')
    await chmod(locked, 0o600)
    expect(await failing({ ...options, pppd: locked })).toMatchObject({ failure: 'not-permitted' })
    expect(await failing({ ...options, device: join(folder, 'ttyUSB9') })).toMatchObject({ failure: 'port' })
    expect(await sessions()).toEqual([])
  })

  it('gives up in its own time, and when it is called off; pppd and what it started are gone then', async () => {
    const slow = await place('hang', { timings: { upMs: 700, resolversMs: 0, hangUpMs: 300 } })
    const failed = failing(slow.options)
    await expect.poll(() => slow.pidIn('child').catch(() => 0)).toBeGreaterThan(1)
    const pids = [await slow.pidIn('pid'), await slow.pidIn('child')]
    expect(await failed).toMatchObject({ failure: 'time-out', message: expect.stringContaining('0.7 s') })
    await expect.poll(() => pids.filter(isAlive)).toEqual([])
    expect(await slow.sessions()).toEqual([])

    const called = await place('hang', { timings: { upMs: 20_000, resolversMs: 0, hangUpMs: 300 } })
    const off = new AbortController()
    const stopped = failing(called.options, off.signal)
    await expect.poll(() => called.pidIn('pid').catch(() => 0)).toBeGreaterThan(1)
    off.abort()
    expect(await stopped).toMatchObject({ failure: 'called-off' })
    expect(await called.sessions()).toEqual([])
  })

  it('kills a pppd that does not hang up, and what it started', async () => {
    const { options, pidIn, sessions } = await place('deaf', {
      timings: { upMs: 20_000, resolversMs: 0, hangUpMs: 300 },
    })
    const lease = await pppBearer(options).open(never)
    await expect.poll(() => pidIn('child').catch(() => 0)).toBeGreaterThan(1)
    const pids = [await pidIn('pid'), await pidIn('child')]
    await lease.close()
    await expect.poll(() => pids.filter(isAlive)).toEqual([])
    expect(await sessions()).toEqual([])
  })

  it('says that the connection has ended when the modem hangs up in the middle', async () => {
    const { options } = await place('hangup')
    const lease = await pppBearer(options).open(never)
    await expect
      .poll(() => lease.connect('127.0.0.1', 1, never).catch((error: unknown) => error))
      .toMatchObject({ step: 'bearer', failure: 'ended', message: expect.stringContaining('hung up') })
    await expect(lease.resolve('x', never)).rejects.toMatchObject({ failure: 'ended' })
    await lease.close()
  })

  it('stands what no pppd says: megabytes, and lines without end', async () => {
    const { options } = await place('flood')
    const lease = await pppBearer(options).open(never)
    expect(lease.label).toContain('127.0.0.1')
    await lease.close()
  })

  it('never dials on the port that texts use, by whatever name, unless that is lent; and gives it back every time', async () => {
    const { options, folder } = await place('up')
    const alias = join(folder, 'by-id')
    await symlink(join(folder, 'ttyUSB2'), alias)
    expect(await failing({ ...options, device: alias })).toMatchObject({
      failure: 'port',
      message: expect.stringContaining('texts'),
    })
    const steps: string[] = []
    const borrowAtPort = () => {
      steps.push('lent')
      return Promise.resolve(() => {
        steps.push('back')
        return Promise.resolve()
      })
    }
    const lease = await pppBearer({ ...options, device: alias, borrowAtPort }).open(never)
    expect(steps).toEqual(['lent'])
    await lease.close()
    await failing({ ...options, device: alias, borrowAtPort, pppd: '/nonexistent/pppd' })
    expect(steps).toEqual(['lent', 'back', 'lent', 'back'])
    await (await pppBearer({ ...options, borrowAtPort }).open(never)).close()
    expect(steps).toHaveLength(4)
  })

  it('does not outlive the gateway, however that ends', async () => {
    for (const end of ['SIGKILL', 'exit'] as const) {
      const { options, pidIn } = await place('up')
      const { clock: _, log: __, ...plain } = options
      const gateway = spawn(
        process.execPath,
        ['--import', 'tsx', fileURLToPath(new URL('./ppp-gateway.ts', import.meta.url)), JSON.stringify(plain)],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      )
      afterwards(() => void gateway.kill('SIGKILL'))
      await said(gateway)
      const pid = await pidIn('pid')
      expect(isAlive(pid)).toBe(true)
      if (end === 'exit') gateway.stdin?.end('exit')
      else gateway.kill('SIGKILL')
      await expect.poll(() => isAlive(pid)).toBe(false)
    }
  })
})

function said(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.stdout?.once('data', () => resolve()))
}

/** What pppd is told. */
async function readFileOf(user: string, changes: Partial<PppBearerOptions>): Promise<string> {
  const { options, sessions } = await place(user, changes)
  const lease = await pppBearer(options).open(never)
  const [session = ''] = await sessions()
  const text = await readFile(join(options.runDirectory, session, 'options'), 'utf8')
  await lease.close()
  return text
}

describe('what pppd is told', () => {
  const dial = {
    device: '/dev/ttyUSB3',
    baudRate: 115_200,
    cid: 3,
    apn: { apn: 'mms.example', auth: 'chap', user: 'us"er', password: 'a\\b c#' },
    unit: 7,
    asksForDns: false,
    hasPeerFile: false,
    isLent: false,
    hasCarrierDetect: false,
    chatProgram: '/usr/sbin/chat',
    chatFile: '/run/causeway/ppp-x/chat',
  } as const

  it('never makes it the way of the machine, and dials once', () => {
    const lines = pppdOptions(dial).split('\n')
    for (const line of [
      'nodefaultroute',
      'noipv6',
      'noproxyarp',
      'nopersist',
      'maxfail 1',
      'local',
      'unit 7',
      'refuse-pap',
    ])
      expect(lines).toContain(line)
    expect(lines).toContain('maxconnect 3600')
    expect(pppdOptions({ ...dial, isLent: true })).toContain('maxconnect 600')
    expect(lines).toContain('ip-up-script /bin/true')
    expect(lines).toContain('user "us\\"er"')
    expect(lines).toContain('password "a\\\\b c#"')
    expect(lines.filter((line) => /usepeerdns|^defaultroute/.test(line))).toEqual([])
  })

  it('holds no word that would be another option or command', () => {
    const bad = [
      { apn: { ...dial.apn, user: 'a\ndefaultroute' } },
      { apn: { ...dial.apn, password: 'ж' } },
      { device: '/dev/tty; reboot' },
      { device: 'ttyUSB3' },
      { chatFile: "/tmp/it's" },
      { baudRate: 0 },
      { unit: 256 },
    ]
    for (const each of bad) expect(() => pppdOptions({ ...dial, ...each })).toThrow(RangeError)
    for (const apn of ['', 'a"b', 'a^b', 'a\\nb', 'a b', "a'b"])
      expect(() => chatScript({ ...dial, apn: { ...dial.apn, apn } })).toThrow(RangeError)
    expect(() => chatScript({ ...dial, cid: 0 })).toThrow(RangeError)
    expect(chatScript(dial)).toContain('OK \'AT+CGDCONT=3,"IP","mms.example"\'\nOK ATD*99***3#\n')
  })
})

describe('what pppd says', () => {
  const whole =
    'Using interface ppp0\nlocal  IP address 10.64.1.2\nremote IP address 10.64.64.64\nprimary   DNS address 10.0.0.1\nsecondary DNS address 10.0.0.2\n'

  it('is the same in whatever pieces it comes', () => {
    for (let at = 0; at <= whole.length; at++) {
      const report = new PppReport()
      report.take(whole.slice(0, at))
      report.take(whole.slice(at))
      expect(report).toMatchObject({
        interfaceName: 'ppp0',
        localAddress: '10.64.1.2',
        resolvers: ['10.0.0.1', '10.0.0.2'],
      })
    }
  })

  it('counts only where it is an address and the name of an interface', () => {
    const report = new PppReport()
    report.take('Using interface ../../etc\nlocal  IP address evil\nprimary   DNS address $(reboot)\n')
    report.take(`${'x'.repeat(5_000)}\nUsing interface ppp0${'y'.repeat(2_000)}\n`)
    expect(report).toMatchObject({ interfaceName: undefined, localAddress: undefined, resolvers: [] })
  })

  it('is silence of the other end or of the modem after it stood', () => {
    const report = new PppReport()
    report.take(whole)
    expect(failureOf({ code: 15, signal: null }, report, true).message).toContain('fell silent')
    expect(failureOf({ code: null, signal: 'SIGKILL' }, report, true).message).toContain('SIGKILL')
    expect(failureOf({ code: 4, signal: null }, new PppReport(), true).message).toContain('ppp_async')
    expect(failureOf({ code: 4, signal: null }, new PppReport(), false).message).toContain('/dev/ppp')
  })
})
