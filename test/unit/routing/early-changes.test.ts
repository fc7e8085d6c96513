/** What was done to a message before it came is done to it when it does: reactions, and edits, which stand in its place. */
import { expect, it } from 'vitest'
import { pruneEarlyChanges } from '../../../src/store/early-changes.ts'
import { ana, messageAt, mirror, receive } from './over-signal.ts'
import { useWorld, world } from './use-world.ts'
import type { World } from './world.ts'

const DAY_MS = 24 * 3_600_000
/** Of one person. */
const ROWS_OF_ONE_MAX = 500

useWorld()

const own = { e164: undefined, aci: 'c0000000-0000-4000-8000-000000000001', pni: undefined }
const mallory = { e164: undefined, aci: 'b0000000-0000-4000-8000-000000000102', pni: undefined }

type Amendment = Parameters<World['router']['sink']['amend']>[0]
type Said = Pick<Amendment, 'target' | 'timestampMs'> & Partial<Amendment>

const reacted = (said: Said, emoji: string, removed = false) =>
  world.router.sink.amend({ transport: 'signal', by: ana, ...said, change: { kind: 'reaction', emoji, removed } })

/** As the driver does it: an edit of what is not here is shown as a message of its own. */
async function edited(targetMs: number, timestampMs: number, text: string) {
  const target = { ours: false, timestampMs: targetMs }
  const change = { kind: 'edited', text } as const
  const taken = await world.router.sink.amend({ transport: 'signal', by: ana, target, timestampMs, change })
  if (!taken) await receive(world, timestampMs, text)
  return taken
}

const kept = () => world.db.selectFrom('early_changes').selectAll().execute()
async function at(sentAtMs: number) {
  const message = await messageAt(world, sentAtMs)
  if (message === undefined) throw new Error('no message of that time')
  return message
}
const shown = async () =>
  (await world.db.selectFrom('messages').select('text').where('removed_at_ms', 'is', null).execute()).map(
    ({ text }) => text,
  )
const emojiOf = ({ reactions_json: json }: { reactions_json: string | null }) =>
  (JSON.parse(json ?? '[]') as { emoji: string }[]).map(({ emoji }) => emoji)

it('a reaction that comes before its message is at the message when it comes: to theirs, and to ours', async () => {
  expect(await reacted({ target: { ours: false, timestampMs: 1_000 }, timestampMs: 3_000 }, '👍')).toBe(false)
  await reacted({ target: { ours: true, timestampMs: 1_500 }, timestampMs: 3_001 }, '🎉')
  const target = { ours: false, timestampMs: 1_000 }
  await reacted({ by: own, with: ana, target, timestampMs: 3_002 }, '❤️')
  await receive(world, 1_000)
  await mirror(world, 1_500)
  expect(emojiOf(await at(1_000))).toEqual(['👍', '❤️'])
  expect(emojiOf(await at(1_500))).toEqual(['🎉'])
  const { reactions_json: json } = await at(1_000)
  expect(JSON.parse(json ?? '')[1]).toMatchObject({ aci: own.aci, ours: true })
  const events = await world.db.selectFrom('events').select('type').where('type', '=', 'message.reaction').execute()
  expect(events).toHaveLength(3)
  expect(await kept()).toEqual([])
})

it('of early reactions of one person the newest counts, in whatever order they come; one taken away again is none', async () => {
  const target = { ours: false, timestampMs: 1_000 }
  await reacted({ target, timestampMs: 3_002 }, '🎉')
  await reacted({ target, timestampMs: 3_001 }, '👍')
  const other = { ours: false, timestampMs: 2_000 }
  await reacted({ target: other, timestampMs: 3_004 }, '👍', true)
  await reacted({ target: other, timestampMs: 3_003 }, '👍')
  await receive(world, 1_000)
  await receive(world, 2_000)
  expect(emojiOf(await at(1_000))).toEqual(['🎉'])
  expect(emojiOf(await at(2_000))).toEqual([])
})

it('nobody reacts early to what was written to somebody else', async () => {
  await reacted({ by: mallory, target: { ours: true, timestampMs: 1_500 }, timestampMs: 3_000 }, '😈')
  await mirror(world, 1_500)
  expect(emojiOf(await at(1_500))).toEqual([])
  expect(await kept()).toEqual([])
})

it('an edit that comes before its message stands in its place, and is its newest version when it comes', async () => {
  expect(await edited(1_000, 5_000, 'better')).toBe(false)
  expect(await shown()).toEqual(['better'])
  await reacted({ target: { ours: false, timestampMs: 1_000 }, timestampMs: 6_000 }, '👍')
  expect(emojiOf(await at(5_000))).toEqual(['👍'])
  await receive(world, 1_000, 'wrose')
  expect(await shown()).toEqual(['better'])
  const row = await at(1_000)
  expect(row).toMatchObject({ text: 'better', edited_at_ms: world.nowMs, removed_at_ms: null })
  expect(emojiOf(row)).toEqual(['👍'])
  const versions = await world.db.selectFrom('message_versions').selectAll().orderBy('timestamp_ms').execute()
  expect(versions.map(({ message_id, text }) => [message_id === row.id, text])).toEqual([
    [true, 'wrose'],
    [true, 'better'],
  ])
  const { unread } = await world.db.selectFrom('conversations').select('unread').executeTakeFirstOrThrow()
  expect(unread).toBe(1)
  // What names the edit finds the message from now on.
  await reacted({ target: { ours: false, timestampMs: 5_000 }, timestampMs: 7_000 }, '🎉')
  expect(emojiOf(await at(1_000))).toEqual(['🎉'])
})

it('of several early edits the newest shows, in one message, before and after the first version has come', async () => {
  await edited(1_000, 6_000, 'third')
  expect(await edited(1_000, 5_000, 'second')).toBe(true)
  expect(await shown()).toEqual(['third'])
  await receive(world, 1_000, 'first')
  expect(await shown()).toEqual(['third'])
  const versions = await world.db.selectFrom('message_versions').select('text').orderBy('timestamp_ms').execute()
  expect(versions.map(({ text }) => text)).toEqual(['first', 'second', 'third'])
})

it('what was taken back as its early edit is taken back when it comes', async () => {
  await edited(1_000, 5_000, 'better')
  const target = { ours: false, timestampMs: 1_000 }
  const change = { kind: 'deleted' } as const
  expect(await world.router.sink.amend({ transport: 'signal', by: ana, target, timestampMs: 6_000, change })).toBe(true)
  expect(await at(5_000)).toMatchObject({ text: '', deleted_at_ms: world.nowMs })
  await receive(world, 1_000, 'wrose')
  expect(await shown()).toEqual([''])
  expect(await at(1_000)).toMatchObject({ text: '', deleted_at_ms: world.nowMs })
})

it('one person fills their own room of early changes and no more, and a day later it is free again', async () => {
  for (let index = 1; index <= ROWS_OF_ONE_MAX + 10; index += 1) {
    await reacted({ target: { ours: false, timestampMs: index }, timestampMs: 9_000 }, '👍')
  }
  expect(await kept()).toHaveLength(ROWS_OF_ONE_MAX)
  await pruneEarlyChanges(world.db, world.nowMs + 2 * DAY_MS)
  expect(await kept()).toEqual([])
})
