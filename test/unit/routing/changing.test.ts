/** What the owner does to messages: shown at once, told to the other side, refused where Signal would not take it. */
import { describe, expect, it } from 'vitest'
import { insertUpload, useUploads } from '../../../src/store/attachments.ts'
import { receive } from './over-signal.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN } from './world.ts'

useWorld()

const dayMs = 24 * 3_600_000

async function sent(text = 'one') {
  const { message } = await world.router.submit({ to: ANA, text })
  await world.settle()
  return message
}

async function received(text: string, sentAtMs = 1_000) {
  await receive(world, sentAtMs, text)
  const message = (await world.all()).find(({ direction }) => direction === 'in')
  if (message === undefined) throw new Error('not received')
  return message
}

const refused = (code: string) => expect.objectContaining({ code })
const said = () => world.signal.changes.map(({ change }) => change)

describe('a reaction', () => {
  it('shows as ours, names the message, and takes the place of the one before', async () => {
    const { id } = await received('hello')
    await world.router.change(id, { kind: 'reaction', emoji: '👍' })
    const message = await world.router.change(id, { kind: 'reaction', emoji: '😀' })
    expect(JSON.parse(message.reactions_json ?? '[]')).toMatchObject([{ emoji: '😀', ours: true }])
    const target = { ours: false, timestampMs: 1_000 }
    expect(said()).toEqual([
      { kind: 'reaction', target, emoji: '👍', removed: false },
      { kind: 'reaction', target, emoji: '😀', removed: false },
    ])
  })

  it('is taken away by naming what it was; where there is none, that is said', async () => {
    const { id } = await received('hello')
    await world.router.change(id, { kind: 'reaction', emoji: '👍' })
    await world.router.change(id, { kind: 'reaction', emoji: null })
    expect(said().at(-1)).toMatchObject({ emoji: '👍', removed: true })
    await expect(world.router.change(id, { kind: 'reaction', emoji: null })).rejects.toThrow(/no reaction/)
    expect(said()).toHaveLength(2)
  })
})

describe('an edit', () => {
  it('has the styles that it names and no others, and none beyond its end', async () => {
    const style = (start: number) => ({ kind: 'style' as const, style: 'bold' as const, start, length: 2 })
    const { message } = await world.router.submit({ to: ANA, text: 'one', ranges: [style(0)] })
    await world.settle()
    const edited = await world.router.change(message.id, { kind: 'edited', text: 'two words', ranges: [style(4)] })
    expect(JSON.parse(edited.ranges_json ?? '')).toEqual([style(4)])
    expect(said().at(-1)).toMatchObject({ kind: 'edited', text: 'two words', ranges: [style(4)] })
    const outside = world.router.change(message.id, { kind: 'edited', text: 'two', ranges: [style(4)] })
    await expect(outside).rejects.toMatchObject({ code: 'invalid-request' })
    expect(said()).toHaveLength(1)
    expect(await world.router.change(message.id, { kind: 'edited', text: 'three' })).toMatchObject({
      ranges_json: null,
    })
  })

  it('names the newest version, and every version stays on record', async () => {
    const { id, sent_timestamp_ms: first } = await sent()
    await world.router.change(id, { kind: 'edited', text: 'two' })
    const message = await world.router.change(id, { kind: 'edited', text: 'three' })
    expect(message).toMatchObject({ text: 'three', edited_at_ms: world.nowMs })
    const [second] = world.signal.changes
    expect(said()).toMatchObject([
      { kind: 'edited', targetMs: first, text: 'two' },
      { kind: 'edited', targetMs: second?.timestampMs, text: 'three' },
    ])
    const versions = await world.db.selectFrom('message_versions').select('text').orderBy('timestamp_ms').execute()
    expect(versions.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  })

  it('keeps what is attached', async () => {
    const { id } = await sent()
    const facts = { contentType: 'image/png', fileName: undefined, caption: undefined, blurhash: undefined }
    const kinds = { voice: false, borderless: false, gif: false }
    const file = { ...facts, ...kinds, bytes: 1, width: undefined, height: undefined, id: 'att_1' }
    await world.db.transaction().execute(async (tx) => {
      await insertUpload(tx, { ...file, blob: { id: 'blb_1', bytes: 1 }, thumbnail: undefined }, world.nowMs)
      await useUploads(tx, id, ['att_1'], false)
      await tx.updateTable('messages').set({ attachments: 1 }).where('id', '=', id).execute()
    })
    await world.router.change(id, { kind: 'edited', text: 'two' })
    expect(said()).toMatchObject([{ kind: 'edited', text: 'two', attachmentIds: ['att_1'] }])
  })

  it('has a time that no message has', async () => {
    const { id } = await sent()
    await world.router.change(id, { kind: 'edited', text: 'two' })
    const next = await world.router.submit({ to: ANA, text: 'next' })
    const times = [next.message.sent_timestamp_ms, ...world.signal.changes.map(({ timestampMs }) => timestampMs)]
    expect(new Set(times).size).toBe(times.length)
  })

  it('is refused after a day, after ten of them, and for what others wrote', async () => {
    const { id } = await sent()
    for (let edit = 1; edit <= 10; edit++) await world.router.change(id, { kind: 'edited', text: `edit ${edit}` })
    await expect(world.router.change(id, { kind: 'edited', text: 'x' })).rejects.toEqual(refused('edit-too-often'))
    const other = await sent()
    world.nowMs += dayMs + 1
    await expect(world.router.change(other.id, { kind: 'edited', text: 'x' })).rejects.toEqual(refused('edit-too-late'))
    await expect(world.router.change(other.id, { kind: 'deleted' })).rejects.toEqual(refused('delete-too-late'))
    const theirs = await received('hello')
    await expect(world.router.change(theirs.id, { kind: 'edited', text: 'x' })).rejects.toEqual(refused('not-ours'))
  })
})

it('taking back leaves no text here, and nothing more can be done to it', async () => {
  const { id, sent_timestamp_ms: first } = await sent('a secret')
  await world.router.change(id, { kind: 'edited', text: 'another secret' })
  expect(await world.router.change(id, { kind: 'deleted' })).toMatchObject({ text: '', deleted_at_ms: world.nowMs })
  expect(said().at(-1)).toEqual({ kind: 'deleted', targetMs: first })
  const versions = await world.db.selectFrom('message_versions').select('text').execute()
  expect(versions.every(({ text }) => text === '')).toBe(true)
  await expect(world.router.change(id, { kind: 'reaction', emoji: '👍' })).rejects.toEqual(refused('wrong-state'))
})

it('a text message, and one that has not left, are refused with the reason', async () => {
  const { message: text } = await world.router.submit({ to: BEN, text: 'by text' })
  await world.settle()
  await expect(world.router.change(text.id, { kind: 'deleted' })).rejects.toEqual(refused('not-over-signal'))
  world.signal.setAvailable(false)
  const { message: waiting } = await world.router.submit({ to: ANA, text: 'waits' })
  await expect(world.router.change(waiting.id, { kind: 'deleted' })).rejects.toEqual(
    expect.objectContaining({ code: expect.stringMatching(/^(wrong-state|not-over-signal)$/) }),
  )
  expect(said()).toEqual([])
})

it('how a change ended is on record, and a failure is an event', async () => {
  const { id } = await sent()
  await world.router.change(id, { kind: 'edited', text: 'two' })
  const timestampMs = world.signal.changes[0]?.timestampMs ?? 0
  const failure = { code: 'not-on-signal', message: 'gone' }
  await world.router.sink.changed({ timestampMs, failure, atMs: world.nowMs })
  expect(await world.db.selectFrom('own_changes').selectAll().execute()).toMatchObject([
    { message_id: id, kind: 'edited', state: 'failed', code: 'not-on-signal', reason: 'gone' },
  ])
  const events = await world.db.selectFrom('events').select('type').execute()
  expect(events.map(({ type }) => type)).toContain('message.change_failed')
})

describe('an answer', () => {
  it('goes with its quote over Signal, and with a line of it as a text', async () => {
    const theirs = await received('shall we meet at the station, or rather at the harbour?')
    await world.router.submit({ conversationId: theirs.conversation_id, text: 'the station', quoteId: theirs.id })
    await world.settle()
    const words = 'shall we meet at the station, or rather at the harbour?'
    const quote = { ours: false, timestampMs: 1_000, text: words }
    expect(world.signal.sends.at(-1)).toMatchObject({ text: 'the station', quote })
    await world.router.submit({
      conversationId: theirs.conversation_id,
      text: 'harbour',
      quoteId: theirs.id,
      policy: 'sms_only',
    })
    await world.settle()
    expect(world.sms.sends.at(-1)?.text).toBe('> shall we meet at the station, or rath...\nharbour')
  })

  it('to a message of another conversation is refused', async () => {
    const theirs = await received('hello')
    await expect(world.router.submit({ to: BEN, text: 'x', quoteId: theirs.id })).rejects.toEqual(
      refused('unknown-quote'),
    )
  })
})
