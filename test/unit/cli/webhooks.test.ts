import { lookup } from 'node:dns/promises'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebhookWorker } from '../../../src/http/webhooks/worker.ts'
import { type Endpoint, startEndpoint } from '../http/endpoint.ts'
import { type Rig, startRig } from '../http/rig.ts'
import { run } from './run.ts'

let rig: Rig
let endpoint: Endpoint
let worker: WebhookWorker

beforeAll(async () => {
  rig = await startRig()
  endpoint = await startEndpoint()
  const { db, events, ids, clock, log } = rig.ports
  const resolve = (name: string) => lookup(name, { all: true })
  worker = new WebhookWorker({ db, events, ids, clock, resolve, log, version: '1.2.3' })
  rig.ports.webhooks = worker
  worker.start()
})
afterAll(async () => {
  await worker.stop()
  await rig.stop()
  await endpoint.stop()
})

const webhooks = (...words: string[]) => run(['webhooks', ...words, '--socket', rig.socketPath])

test('a webhook is added, tested, looked into, delivered anew, rotated, paused and removed by hand', async () => {
  expect((await webhooks()).out).toBe('No webhooks.\n')
  const added = await webhooks(
    'add',
    endpoint.url,
    '--events',
    'message.queued,message.read',
    '--description',
    'alerts',
  )
  expect([added.code, added.err]).toEqual([
    0,
    expect.stringMatching(/^whk_\w+ is told of message.queued, message.read/),
  ])
  const secret = added.out.trim()
  const id = /whk_\w+/.exec(added.err)?.[0] ?? ''

  const tested = await webhooks('test', id)
  expect([tested.code, tested.out]).toEqual([0, expect.stringMatching(/^whd_\w+ {2}delivered\n$/)])
  const [received] = endpoint.received
  new Webhook(secret).verify(received?.text ?? '', received?.headers as Record<string, string>)

  endpoint.answer = (response) => response.writeHead(500).end()
  const failed = await webhooks('test', id)
  expect([failed.code, failed.out]).toEqual([1, expect.stringMatching(/due: It answered 500\./)])
  expect((await webhooks('list')).out).toMatch(/^whk_\w+ {2}failing {2}http:\S+ {2}It answered 500\.$/m)
  expect((await webhooks('show', id)).out).toMatch(/what for\s+alerts/)
  const due = await webhooks('deliveries', id, '--status', 'due')
  const delivery = /whd_\w+/.exec(due.out)?.[0] ?? ''
  expect(due.out).toMatch(/webhook\.test +due +1 attempt +next \d{4}-/)
  expect((await webhooks('deliveries', id, delivery)).out).toMatch(/^ {2}1\. .* 500 .* It answered 500\.$/m)

  endpoint.answer = (response) => response.writeHead(204).end()
  // By now it may have been tried again by itself.
  const times = () => endpoint.received.filter((one) => one.id === delivery).length
  const before = times()
  expect((await webhooks('redeliver', id, delivery)).out).toBe(`${delivery} is delivered once more.\n`)
  await endpoint.until(() => times() > before)
  expect((await webhooks('rotate', id)).out).toMatch(/^whsec_/)
  expect((await webhooks('pause', id)).out).toBe(`${id} is paused.\n`)
  expect((await webhooks('resume', id)).out).toBe(`${id} is working.\n`)
  expect((await webhooks('remove', id)).code).toBe(0)
  const gone = await webhooks('show', id)
  expect([gone.code, gone.err]).toEqual([1, 'There is no such webhook. (unknown-webhook)\n'])
})

test('what cannot be is said in words', async () => {
  const refused = await webhooks('add', 'http://169.254.169.254/', '--events', 'message.read')
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/link-local, metadata/)])
  expect((await webhooks('add', endpoint.url)).code).toBe(64)
  expect((await webhooks('add', endpoint.url, '--events', 'everything')).err).toMatch(/events\/0/)
})
