/**
 * MMS never leaves by the default route, counted by the kernel: in a namespace with an interface of the carrier and
 * another one that has the default route, also while the first goes down or away and while names do not resolve. All
 * addresses are the namespaces' own; nothing else is addressed.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NamespaceErrand } from './namespace/client.ts'
import { ip, obstacle } from './netns.ts'

const OURS = `cw${process.pid}a`
const CARRIER = `cw${process.pid}b`
const LAN = `cw${process.pid}c`
const MMSC = '198.51.100.10'
const RESOLVER = '198.51.100.53'
const NOBODY = '198.51.100.99'
const GATEWAY = '10.99.0.1'

const why = obstacle(OURS)

interface Driver {
  run(errand: Partial<NamespaceErrand>): { started: Promise<object>; answer: Promise<object> }
}

const children: ChildProcessWithoutNullStreams[] = []

function lines(child: ChildProcessWithoutNullStreams): () => Promise<string> {
  const iterator = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async () => {
    const { value, done } = await iterator.next()
    if (done === true) throw new Error('the child has ended')
    return String(value)
  }
}

function inside(namespace: string, ...command: string[]): ChildProcessWithoutNullStreams {
  const child = spawn('ip', ['netns', 'exec', namespace, ...command])
  child.stderr.resume()
  children.push(child)
  return child
}

/** Packets that have left by the interface with the default route. */
function leaked(): number {
  const [link] = JSON.parse(ip('-n', OURS, '-j', '-s', 'link', 'show', 'dev', 'lan0'))
  return Number(link.stats64.tx.packets)
}

function wire(): void {
  for (const namespace of [OURS, CARRIER, LAN]) ip('netns', 'add', namespace)
  for (const namespace of [OURS, CARRIER, LAN]) {
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

function plugIn(): void {
  ip('-n', OURS, 'link', 'add', 'mms0', 'type', 'veth', 'peer', 'name', 'cell0', 'netns', CARRIER)
  ip('-n', OURS, 'addr', 'add', '10.99.0.2/24', 'dev', 'mms0')
  ip('-n', CARRIER, 'addr', 'add', `${GATEWAY}/24`, 'dev', 'cell0')
  ip('-n', OURS, 'link', 'set', 'mms0', 'up')
  ip('-n', CARRIER, 'link', 'set', 'cell0', 'up')
}

describe.skipIf(why !== undefined)(`MMS in a namespace${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let driver: Driver

  beforeAll(async () => {
    wire()
    plugIn()
    const carrier = inside(CARRIER, process.execPath, 'test/scenario/mms/namespace/carrier.mjs', RESOLVER, MMSC)
    expect(await lines(carrier)()).toBe('ready')
    const client = inside(OURS, process.execPath, '--import', 'tsx', 'test/scenario/mms/namespace/client.ts')
    const next = lines(client)
    driver = {
      run: (errand) => {
        const whole = { kind: 'retrieve', url: 'http://mmsc.carrier/m', dns: RESOLVER, setUp: true, gateway: GATEWAY }
        client.stdin.write(`${JSON.stringify({ ...whole, ...errand })}\n`)
        const started = next().then((line) => JSON.parse(line))
        return { started, answer: started.then(next).then((line) => JSON.parse(line)) }
      },
    }
  })

  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
    for (const namespace of [OURS, CARRIER, LAN]) ip('netns', 'del', namespace)
  })

  /** What came back, and how many packets left by the default route meanwhile. */
  const counted = async (errand: Partial<NamespaceErrand>, meanwhile: () => void = () => {}) => {
    const before = leaked()
    const { started, answer } = driver.run(errand)
    await started
    meanwhile()
    return { answer: await answer, leaked: leaked() - before }
  }

  it('counts what does leave by the default route', async () => {
    const { leaked } = await counted({ kind: 'plain', url: MMSC })
    expect(leaked).toBeGreaterThan(0)
  })

  it('sends nothing while nobody has made sure that it leaves by the right interface', async () => {
    const counts = await counted({ setUp: false })
    expect(counts).toMatchObject({ answer: { kind: 'unreachable', step: 'bearer', bodySent: false }, leaked: 0 })
  })

  it('asks the resolver and the MMSC of the carrier by its interface', async () => {
    expect(await counted({})).toMatchObject({ answer: { kind: 'pdu' }, leaked: 0 })
    expect(await counted({ kind: 'submit', url: `http://${MMSC}/`, bytes: 10 })).toMatchObject({
      answer: { kind: 'accepted' },
      leaked: 0,
    })
    // What the first set up is enough from now on.
    expect(await counted({ setUp: false })).toMatchObject({ answer: { kind: 'pdu' }, leaked: 0 })
  })

  it('asks nobody else when the resolver says nothing', async () => {
    const counts = await counted({ dns: NOBODY })
    expect(counts).toMatchObject({ answer: { kind: 'unreachable', step: 'dns', bodySent: false }, leaked: 0 })
  })

  it('asks nobody else when no host answers', async () => {
    const counts = await counted({ url: `http://${NOBODY}/m` })
    expect(counts).toMatchObject({ answer: { kind: 'unreachable', step: 'http', bodySent: false }, leaked: 0 })
  })

  it('reaches no host of the LAN, whatever the address says', async () => {
    for (const url of ['http://192.0.2.1/', 'http://192.0.2.2/']) {
      expect(await counted({ url })).toMatchObject({ answer: { kind: 'refused-url' }, leaked: 0 })
    }
  })

  it('lets nothing fall through when the interface goes down in the middle', async () => {
    const counts = await counted({ kind: 'submit', url: `http://${MMSC}/stall`, bytes: 4_000_000 }, () => {
      execFileSync('sleep', ['1'])
      ip('-n', OURS, 'link', 'set', 'mms0', 'down')
    })
    expect(counts).toMatchObject({ answer: { kind: 'unreachable' }, leaked: 0 })
    expect(await counted({})).toMatchObject({ answer: { kind: 'unreachable' }, leaked: 0 })
    ip('-n', OURS, 'link', 'set', 'mms0', 'up')
    expect(await counted({})).toMatchObject({ answer: { kind: 'pdu' }, leaked: 0 })
  })

  it('lets nothing fall through when the interface goes away in the middle, and finds a new one', async () => {
    const counts = await counted({ kind: 'submit', url: `http://${MMSC}/stall`, bytes: 4_000_000 }, () => {
      execFileSync('sleep', ['1'])
      ip('-n', OURS, 'link', 'del', 'mms0')
    })
    expect(counts).toMatchObject({ answer: { kind: 'unreachable' }, leaked: 0 })
    expect(await counted({})).toMatchObject({ answer: { kind: 'unreachable', step: 'bearer' }, leaked: 0 })
    plugIn()
    expect(await counted({})).toMatchObject({ answer: { kind: 'pdu' }, leaked: 0 })
  })
})
