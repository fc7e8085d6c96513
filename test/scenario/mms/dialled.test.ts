/**
 * MMS over an interface that we dial, in a namespace with a default route that is not to be used, counted by the kernel:
 * the pppd of the fixtures makes the interface `ppp7` to the carrier's namespace, tells the resolver, and takes the
 * interface away when it ends. All addresses are the namespaces' own.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NamespaceErrand } from './namespace/client.ts'
import { ip, obstacle } from './netns.ts'

const OURS = `cw${process.pid}d`
const CARRIER = `cw${process.pid}e`
const LAN = `cw${process.pid}f`
const MMSC = '198.51.100.10'
/** What the pppd of the fixtures tells. */
const RESOLVER = '198.51.100.53'
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))

const why = obstacle(OURS)
const children: ChildProcessWithoutNullStreams[] = []

function inside(namespace: string, ...command: string[]) {
  const child = spawn('ip', ['netns', 'exec', namespace, ...command])
  child.stderr.resume()
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, next: async () => String((await lines.next()).value) }
}

function wire(): void {
  for (const namespace of [OURS, CARRIER, LAN]) {
    ip('netns', 'add', namespace)
    ip('netns', 'exec', namespace, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1')
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
  }
  ip('-n', OURS, 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'far0', 'netns', LAN)
  ip('-n', OURS, 'addr', 'add', '192.0.2.2/24', 'dev', 'lan0')
  ip('-n', LAN, 'addr', 'add', '192.0.2.1/24', 'dev', 'far0')
  ip('-n', OURS, 'link', 'set', 'lan0', 'up')
  ip('-n', LAN, 'link', 'set', 'far0', 'up')
  ip('-n', OURS, 'route', 'add', 'default', 'via', '192.0.2.1', 'dev', 'lan0')
  for (const address of [MMSC, RESOLVER]) ip('-n', CARRIER, 'addr', 'add', `${address}/32`, 'dev', 'lo')
}

function leaked(): number {
  const [link] = JSON.parse(ip('-n', OURS, '-j', '-s', 'link', 'show', 'dev', 'lan0'))
  return Number(link.stats64.tx.packets)
}

function links(): readonly string[] {
  return JSON.parse(ip('-n', OURS, '-j', 'link', 'show')).map(({ ifname }: { ifname: string }) => ifname)
}

describe.skipIf(why !== undefined)(`MMS over what we dial${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let run: (errand: Partial<NamespaceErrand>) => { answer: Promise<object> }
  let folder: string

  beforeAll(async () => {
    wire()
    folder = mkdtempSync(join(tmpdir(), 'cw-dial-'))
    writeFileSync(join(folder, 'ttyUSB3'), '')
    const carrier = inside(CARRIER, process.execPath, 'test/scenario/mms/namespace/carrier.mjs', RESOLVER, MMSC)
    expect(await carrier.next()).toBe('ready')
    const client = inside(OURS, process.execPath, '--import', 'tsx', 'test/scenario/mms/namespace/client.ts')
    const dial = {
      device: join(folder, 'ttyUSB3'),
      runDirectory: folder,
      pppd: fixture('pppd.sh'),
      chat: fixture('chat.sh'),
      apn: { apn: 'mms.sim', auth: 'pap', user: 'veth', password: CARRIER },
    } as const
    run = (errand) => {
      const whole = {
        kind: 'retrieve',
        url: 'http://mmsc.carrier/m',
        dns: '',
        gateway: '',
        setUp: true,
        dial,
        ...errand,
      }
      client.child.stdin.write(`${JSON.stringify(whole)}\n`)
      const answer = client.next().then(client.next)
      return { answer: answer.then((line) => JSON.parse(line)) }
    }
  })

  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
    for (const namespace of [OURS, CARRIER, LAN]) ip('netns', 'del', namespace)
    rmSync(folder, { recursive: true, force: true })
  })

  it('asks the resolver that the other end told and the MMSC by the dialled interface, and hangs up', async () => {
    const before = leaked()
    expect(await run({}).answer).toMatchObject({ kind: 'pdu' })
    expect(links()).not.toContain('ppp7')
    expect(await run({ kind: 'submit', url: `http://${MMSC}/`, bytes: 100 }).answer).toEqual({ kind: 'accepted' })
    expect(leaked() - before).toBe(0)
  })

  it('sends nothing while nobody has made sure that it leaves by the dialled interface', async () => {
    const before = leaked()
    // The rule of the sessions before would serve this one as well.
    ip('-n', OURS, 'rule', 'del', 'priority', '264')
    expect(await run({ setUp: false }).answer).toMatchObject({ kind: 'unreachable', step: 'bearer', bodySent: false })
    expect(leaked() - before).toBe(0)
    expect(links()).not.toContain('ppp7')
  })

  it('asks nobody else when the interface goes away in the middle', async () => {
    const before = leaked()
    const { answer } = run({ url: 'http://mmsc.carrier/stall' })
    await expect.poll(links).toContain('ppp7')
    await expect
      .poll(() => ip('-n', CARRIER, '-j', '-s', 'link', 'show', 'dev', 'cell0').includes('"packets"'))
      .toBe(true)
    ip('-n', OURS, 'link', 'del', 'ppp7')
    expect(await answer).toMatchObject({ kind: 'unreachable' })
    expect(leaked() - before).toBe(0)
  })
})
