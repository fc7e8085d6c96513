/** Whom a text of ours names is told to Signal as an account: to a person, in a group, in an edit, in a long text and a quote. */
import { expect, test } from 'vitest'
import { bodyOf } from '../../../src/signal/ranges.ts'
import { aciOf, grouped, groupTexts } from './group-kit.ts'
import { byNumber, gatewayNumber, timestamp, until, World } from './kit.ts'

const otherNumber = '+15550000102'
const mention = (start: number, length: number, aci: string, ours: boolean) =>
  ({ kind: 'mention', start, length, aci, ours }) as const

async function pair() {
  const world = await World.open()
  const ours = await world.registeredGateway('ours', gatewayNumber)
  const theirs = await world.registeredGateway('theirs', otherNumber)
  return { ours, theirs, aci: aciOf(theirs), to: byNumber(otherNumber) }
}

test('to a person: a placeholder and the account, never the name that the owner has for them', async () => {
  const { ours, theirs, aci, to } = await pair()
  const quoted = { ours: true, timestampMs: 1, text: 'with @Chief', ranges: [mention(5, 6, aci, false)] }
  await ours.account.sendText({
    to,
    text: 'dear @Chief, hello',
    timestampMs: timestamp(),
    ranges: [mention(5, 6, aci, false), { kind: 'style', style: 'bold', start: 13, length: 5 }],
    quote: quoted,
  })
  await until(() => theirs.sink.texts.length === 1)
  expect(theirs.sink.texts[0]).toMatchObject({
    text: 'dear \ufffc, hello',
    ranges: [mention(5, 1, aci, true), { kind: 'style', style: 'bold', start: 8, length: 5 }],
    quote: { text: 'with \ufffc', ranges: [mention(5, 1, aci, true)] },
  })
})

test('in an edit', async () => {
  const { ours, theirs, aci, to } = await pair()
  const timestampMs = timestamp()
  await ours.account.sendText({ to, text: 'dear you', timestampMs })
  await until(() => theirs.sink.texts.length === 1)
  const ranges = [mention(5, 4, aci, false)]
  const action = { kind: 'edited', targetMs: timestampMs, text: 'dear @Ana', ranges, quote: undefined } as const
  const edit = { to, timestampMs: timestamp(), reference: 'change', action }
  const afterCommit = await ours.db.transaction().execute((tx) => ours.account.owe(edit, tx))
  afterCommit()
  await until(() => theirs.sink.changes.length === 1)
  expect(theirs.sink.changes[0]?.change).toEqual({
    kind: 'edited',
    text: 'dear \ufffc',
    ranges: [mention(5, 1, aci, true)],
  })
})

test('in a text that goes as an attachment, near its end', async () => {
  const { ours, theirs, aci, to } = await pair()
  const text = `${'x'.repeat(3_000)} dear @Ana`
  await ours.account.sendText({ to, text, timestampMs: timestamp(), ranges: [mention(3_006, 4, aci, false)] })
  await until(() => theirs.sink.changes.length === 1)
  expect(theirs.sink.changes[0]?.change).toEqual({
    kind: 'completed',
    text: bodyOf(text, [mention(3_006, 4, aci, false)]).body,
    ranges: [mention(3_006, 1, aci, true)],
  })
})

test('in a group', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways
  if (one === undefined || two === undefined || three === undefined) throw new Error('three')
  const ranges = [mention(0, 4, aciOf(two), false)]
  await one.account.groups().send({ groupId: id, text: '@Ana look', timestampMs: timestamp(), ranges })
  await until(() => groupTexts(two).length === 1 && groupTexts(three).length === 1)
  expect(groupTexts(two)[0]).toMatchObject({ text: '\ufffc look', ranges: [mention(0, 1, aciOf(two), true)] })
  expect(groupTexts(three)[0]).toMatchObject({ ranges: [mention(0, 1, aciOf(two), false)] })
})
