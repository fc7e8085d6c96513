/** Message, ratchet and "seen" are one transaction; nothing is acknowledged before it, nothing stalls the chain. */
import { expect, test } from 'vitest'
import { envelopeCodec } from '../../../src/signal/proto/envelope.ts'
import { byAci, connected, type Gateway, gatewayNumber, timestamp, until, World } from './kit.ts'

const anaNumber = '+15550000201'

async function ratchetState({ db }: Gateway): Promise<unknown> {
  return await Promise.all([
    db.selectFrom('signal_sessions').selectAll().execute(),
    db.selectFrom('signal_identities').selectAll().execute(),
    db.selectFrom('signal_received').selectAll().execute(),
    db.selectFrom('signal_peers').selectAll().execute(),
    db.selectFrom('signal_pre_keys').select('key_id').execute(),
    db.selectFrom('signal_receipts_due').selectAll().execute(),
  ])
}

test('when the sink fails nothing is written, and the message is delivered again and kept once', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const gateway = await world.registeredGateway()
  await until(async () => (await gateway.db.selectFrom('signal_pre_keys').select('key_id').execute()).length === 200)
  const before = await ratchetState(gateway)
  let failing = true
  let refused = 0
  let during: unknown
  gateway.sink.before = (what) => {
    if (what !== 'text' || !failing) return
    refused += 1
    throw new Error('disk full')
  }
  const { acknowledged } = await ana.sendText(gatewayNumber, 'important')
  await until(async () => {
    if (refused < 2) return false
    during = await ratchetState(gateway)
    return true
  })
  expect(during).toEqual(before)
  failing = false
  await acknowledged
  expect(gateway.sink.texts.map(({ text }) => text)).toEqual(['important'])
})

test('what the sink fails over in a burst is delivered again; those that came with it are kept at once', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const gateway = await world.registeredGateway()
  let goOn = () => {}
  const others = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const handed: string[] = []
  let failing = true
  gateway.sink.text = async ({ text }) => {
    handed.push(text)
    // Meanwhile the others come, and wait to be taken together.
    if (text === 'text 0') await others
    if (text === 'text 5' && failing) throw new Error('disk full')
  }
  const sent: { timestampMs: number; acknowledged: Promise<unknown> }[] = []
  for (let index = 0; index < 12; index++) sent.push(await ana.sendText(gatewayNumber, `text ${index}`))
  await until(() => handed.includes('text 0'))
  goOn()
  const kept = () => gateway.db.selectFrom('signal_received').select('timestamp_ms').orderBy('timestamp_ms').execute()
  const times = (those: typeof sent) => those.map(({ timestampMs: timestamp_ms }) => ({ timestamp_ms }))
  const neighbours = sent.filter((_, index) => index !== 5)
  await Promise.all(neighbours.map(({ acknowledged }) => acknowledged))
  expect(await kept()).toEqual(times(neighbours))
  failing = false
  await sent[5]?.acknowledged
  expect(await kept()).toEqual(times(sent))
})

test('a restart in the middle of a queue loses nothing and doubles nothing', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const first = await world.registeredGateway()
  const texts = Array.from({ length: 60 }, (_, index) => `text ${index}`)
  const kept: string[] = []
  let gateway = first
  for (const [index, text] of texts.entries()) {
    await ana.sendText(gatewayNumber, text)
    if (index % 20 !== 19) continue
    await gateway.close()
    kept.push(...gateway.sink.texts.map((message) => message.text))
    gateway = await world.gateway()
  }
  await until(() => kept.length + gateway.sink.texts.length >= texts.length)
  kept.push(...gateway.sink.texts.map(({ text }) => text))
  expect(kept).toEqual(texts)
})

test('a flood of garbage is quarantined and counted, and honest messages come through in between', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { sink } = await world.registeredGateway()
  const device = await world.server.host.findByNumber(gatewayNumber)
  if (device === undefined) throw new Error('not registered')
  const random = sequence(20_261_122)
  const hostile = Array.from({ length: 300 }, (_, index) => hostileEnvelope(index, random, ana.aci, device.aci))
  const done: Promise<unknown>[] = []
  for (const [index, envelope] of hostile.entries()) {
    done.push(world.server.host.deliverRaw(device, envelope))
    if (index % 100 === 50) done.push((await ana.sendText(gatewayNumber, `honest ${index}`)).acknowledged)
  }
  await Promise.all(done)
  expect(sink.texts.map(({ text }) => text)).toEqual(['honest 50', 'honest 150', 'honest 250'])
  expect(sink.undecryptables.length).toBeGreaterThan(200)
  expect(sink.undecryptables.every(({ code, detail, serverGuid }) => code && detail && serverGuid)).toBe(true)
})

test('a session that we lost heals within a round trip: the peer sends again and nothing is missing', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { account, sink, db } = await world.registeredGateway()
  await (await ana.sendText(gatewayNumber, 'first')).acknowledged
  await account.sendText({ to: byAci(ana.aci), text: 'answer', timestampMs: timestamp() })
  await until(() => ana.texts.length === 1)
  // From here on Ana sends ordinary messages of an established session, which we then lose.
  await (await ana.sendText(gatewayNumber, 'second')).acknowledged
  await db.deleteFrom('signal_sessions').execute()
  const { timestampMs } = await ana.sendText(gatewayNumber, 'third')
  await until(() => sink.texts.length === 3)
  expect(sink.undecryptables).toMatchObject([
    { code: 'undecryptable', from: { aci: ana.aci }, missing: { timestampMs } },
  ])
  expect(sink.texts.map(({ text }) => text)).toEqual(['first', 'second', 'third'])
  expect(sink.texts[2]?.timestampMs).toBe(timestampMs)
})

test('a peer that lost its session gets the message again under its first timestamp', async () => {
  const world = await World.open()
  const one = await world.registeredGateway('one', '+15550000101')
  const two = await world.registeredGateway('two', '+15550000102')
  const aciOf = ({ account }: Gateway) => account.status().aci ?? ''
  await one.account.sendText({ to: byAci(aciOf(two)), text: 'first', timestampMs: timestamp() })
  await until(() => two.sink.texts.length === 1)
  await two.account.sendText({ to: byAci(aciOf(one)), text: 'answer', timestampMs: timestamp() })
  await until(() => one.sink.texts.length === 1 && one.sink.receipts.length === 1 && two.sink.receipts.length === 1)
  await two.db.deleteFrom('signal_sessions').execute()
  const timestampMs = timestamp()
  await one.account.sendText({ to: byAci(aciOf(two)), text: 'second', timestampMs })
  await until(() => two.sink.texts.length === 2)
  expect(two.sink.texts[1]).toMatchObject({ text: 'second', timestampMs })
  expect(two.sink.undecryptables).toHaveLength(1)
})

test('delivery receipts that could not be sent are sent after the restart', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const gateway = await world.registeredGateway()
  world.server.faults.refuseSends({ status: 503 })
  const { timestampMs, acknowledged } = await ana.sendText(gatewayNumber, 'hi')
  await acknowledged
  await until(async () => (await gateway.db.selectFrom('signal_receipts_due').selectAll().execute()).length === 1)
  await gateway.close()
  expect(ana.receipts).toEqual([])
  world.server.faults.heal()
  await connected(await world.gateway())
  await until(() => ana.receipts.length === 1)
  expect(ana.receipts).toMatchObject([{ kind: 'delivered', timestampsMs: [timestampMs] }])
})

type Random = () => number

/** Octets of many kinds, from noise to envelopes that are right but for their content. */
function hostileEnvelope(index: number, random: Random, from: string, to: string): Buffer<ArrayBuffer> {
  const noise = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256))
  const types = [1, 3, 6, 8, 0, 2, 77]
  const envelope = envelopeCodec.encode({
    type: types[index % types.length] ?? 1,
    clientTimestamp: 1_700_000_000_000 + index,
    sourceServiceId: from,
    sourceDeviceId: 1 + (index % 200),
    destinationServiceId: to,
    content: noise(Math.floor(random() * 400)),
    serverGuid: `hostile-${index}`,
  })
  if (index % 5 === 0) return Buffer.from(noise(1 + Math.floor(random() * 300)))
  if (index % 5 === 1) return Buffer.from(envelope.subarray(0, Math.floor(random() * envelope.length)))
  return Buffer.from(envelope)
}

function sequence(seed: number): Random {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
