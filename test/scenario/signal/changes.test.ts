/** What people do to messages afterwards: edit, take back, react; and what they answer to. */
import { expect, test } from 'vitest'
import { byNumber, gatewayNumber, timestamp, until, World } from './kit.ts'

async function withAna() {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const { timestampMs } = await ana.sendText(gatewayNumber, 'first')
  await until(() => gateway.sink.texts.length === 1)
  return { gateway, ana, timestampMs }
}

test('an edit names the message that it changes', async () => {
  const { gateway, ana, timestampMs } = await withAna()
  const editedMs = await ana.editText(gatewayNumber, timestampMs, 'better')
  await until(() => gateway.sink.changes.length === 1)
  expect(gateway.sink.changes).toMatchObject([
    {
      by: { aci: ana.aci },
      target: { ours: false, timestampMs },
      timestampMs: editedMs,
      change: { kind: 'edited', text: 'better' },
    },
  ])
  expect(gateway.sink.texts).toHaveLength(1)
})

test('an edit of what is not here is shown as a message, marked', async () => {
  const { gateway, ana } = await withAna()
  gateway.sink.amendable = false
  await ana.editText(gatewayNumber, 1, 'better')
  await until(() => gateway.sink.texts.length === 2)
  expect(gateway.sink.texts[1]?.text).toBe('[edited] better')
})

test('taking back names the message, and is no message', async () => {
  const { gateway, ana, timestampMs } = await withAna()
  await ana.deleteText(gatewayNumber, timestampMs)
  await until(() => gateway.sink.changes.length === 1)
  expect(gateway.sink.changes).toMatchObject([{ target: { ours: false, timestampMs }, change: { kind: 'deleted' } }])
  expect(gateway.sink.texts).toHaveLength(1)
})

test('reactions name messages of either side, and can be taken away', async () => {
  const { gateway, ana, timestampMs } = await withAna()
  const ours = timestamp()
  await gateway.account.sendText({ to: byNumber(ana.e164), text: 'ours', timestampMs: ours })
  await ana.react(gatewayNumber, { mine: false, timestampMs: ours }, '👍')
  await ana.react(gatewayNumber, { mine: true, timestampMs }, '😀')
  await ana.react(gatewayNumber, { mine: false, timestampMs: ours }, '👍', true)
  await until(() => gateway.sink.changes.length === 3)
  expect(gateway.sink.changes.map(({ target, change }) => ({ ...target, ...change }))).toEqual([
    { ours: true, timestampMs: ours, kind: 'reaction', emoji: '👍', removed: false },
    { ours: false, timestampMs, kind: 'reaction', emoji: '😀', removed: false },
    { ours: true, timestampMs: ours, kind: 'reaction', emoji: '👍', removed: true },
  ])
})

test('a quote says what is answered to', async () => {
  const { gateway, ana } = await withAna()
  const { aci } = gateway.account.status()
  const quote = {
    id: 12_345n,
    text: 'what we said',
    authorAci: null,
    authorAciBinary: Buffer.from((aci ?? '').replaceAll('-', ''), 'hex'),
    attachments: null,
    bodyRanges: null,
    type: null,
  }
  await ana.sendMessage(gatewayNumber, { body: 'an answer', quote })
  await until(() => gateway.sink.texts.length === 2)
  expect(gateway.sink.texts[1]).toMatchObject({
    text: 'an answer',
    quote: { ours: true, timestampMs: 12_345, text: 'what we said' },
  })
})
