/** Messages that do not stay: when their time begins, that nothing of them is left, and that they never go as a text. */
import { expect, it, vi } from 'vitest'
import { ana, messageAt, receive as receiveNote } from './over-signal.ts'
import { useWorld, world } from './use-world.ts'
import { ANA } from './world.ts'

useWorld()

const secret = 'the secret word is xyzzy'

async function receive(
  text: string,
  sentAtMs: number,
  timerS?: number,
  quote?: { ours: boolean; timestampMs: number; text: string },
) {
  await receiveNote(world, sentAtMs, text, { timerS, quote })
}

const fileFacts = {
  contentType: '',
  fileName: 'a.txt',
  voice: false,
  borderless: false,
  gif: false,
  caption: 'the word is xyzzy',
  blurhash: undefined,
}
async function* octets() {
  yield Buffer.from('some words in a file')
}
const pictureOf = (fileName: string) => ({
  ...fileFacts,
  contentType: 'image/png',
  fileName,
  bytes: 5_000,
  width: undefined,
  height: undefined,
  sticker: false,
  blurhash: 'xyzzy',
  pointer: new Uint8Array([1]),
})

const at = (sentAtMs: number) => messageAt(world, sentAtMs)
const conversation = () => world.db.selectFrom('conversations').selectAll().executeTakeFirstOrThrow()
const setByThem = (seconds: number, version: number | undefined) =>
  world.router.sink.timer({ with: ana, byUs: false, seconds, version })

/** Every text that the mailbox holds anywhere. */
async function everything(): Promise<string> {
  const tables = ['messages', 'message_versions', 'events', 'own_changes', 'signal_contents_due'] as const
  const rows = await Promise.all(tables.map((table) => world.db.selectFrom(table).selectAll().execute()))
  return JSON.stringify(rows)
}

it('what came disappears so long after it was read, and not before', async () => {
  await receive(secret, 1_000, 60)
  world.nowMs += 3_600_000
  await world.router.reconcile()
  expect(await at(1_000)).toMatchObject({ text: secret, expires_at_ms: null })
  await world.router.markRead((await conversation()).id)
  expect(await at(1_000)).toMatchObject({ expires_at_ms: world.nowMs + 60_000 })
  world.nowMs += 59_999
  await world.router.reconcile()
  expect(await at(1_000)).toMatchObject({ text: secret })
  world.nowMs += 1
  await world.router.reconcile()
  expect(await at(1_000)).toMatchObject({ text: '', disappeared_at_ms: world.nowMs, expires_at_ms: null })
})

it('nothing of it is left: not in its versions, nor in quotes, nor with the transports', async () => {
  await setByThem(60, 2)
  const { message } = await world.router.submit({ to: ANA, text: secret })
  await world.settle()
  await world.router.change(message.id, { kind: 'edited', text: `${secret}!` })
  await receive('yes', 2_000, undefined, { ours: true, timestampMs: message.sent_timestamp_ms, text: secret })
  world.nowMs += 60_000
  await world.router.reconcile()
  expect(await everything()).not.toContain('xyzzy')
  expect(await at(2_000)).toMatchObject({ text: 'yes' })
  const edited = world.signal.changes.find(({ change }) => change.kind === 'edited')
  expect(world.signal.forgotten).toEqual([message.sent_timestamp_ms, edited?.timestampMs])
})

it('nor of what was attached: file, name and caption go with it, of theirs and of ours', async () => {
  await setByThem(60, 2)
  await receiveNote(world, 1_000, 'look', { timerS: 60, media: [pictureOf('xyzzy.png')] })
  await world.router.markRead((await conversation()).id)
  const { row } = await world.router.media.add(octets(), { ...fileFacts, fileName: 'xyzzy.txt' }, 0)
  const { message } = await world.router.submit({ to: ANA, text: '', media: [row.id] })
  await world.settle()
  world.nowMs += 60_000
  await world.router.reconcile()
  const files = await world.db.selectFrom('attachments').selectAll().execute()
  expect(files.map(({ state, code, blob_id }) => [state, code, blob_id])).toEqual([
    ['gone', 'disappeared', null],
    ['gone', 'disappeared', null],
  ])
  expect(JSON.stringify(files)).not.toContain('xyzzy')
  expect(await at(message.sent_timestamp_ms)).toMatchObject({ disappeared_at_ms: world.nowMs })
  await vi.waitFor(async () => expect(await world.db.selectFrom('blobs').selectAll().execute()).toEqual([]))
})

it('what we take back for everybody leaves no file here, either', async () => {
  const { row } = await world.router.media.add(octets(), { ...fileFacts, fileName: 'xyzzy.txt' }, 0)
  const { message } = await world.router.submit({ to: ANA, text: 'look', media: [row.id] })
  await world.settle()
  await world.router.change(message.id, { kind: 'deleted' })
  const [file] = await world.db.selectFrom('attachments').selectAll().execute()
  expect(file).toMatchObject({ state: 'gone', code: 'taken-back', blob_id: null, file_name: null })
  await vi.waitFor(async () => expect(await world.db.selectFrom('blobs').selectAll().execute()).toEqual([]))
})

it('what we send carries the timer and begins to disappear when it was sent', async () => {
  await setByThem(60, 2)
  const { message } = await world.router.submit({ to: ANA, text: secret })
  await world.settle()
  expect(world.signal.sends.at(-1)?.timer).toEqual({ seconds: 60, version: 2 })
  expect(await at(message.sent_timestamp_ms)).toMatchObject({ timer_s: 60, expires_at_ms: world.nowMs + 60_000 })
})

it('it is wiped after a restart as well', async () => {
  await receive(secret, 1_000, 60)
  await world.router.markRead((await conversation()).id)
  await world.crash()
  world.nowMs += 60_000
  await world.reboot()
  expect(await everything()).not.toContain('xyzzy')
})

it('never goes as a text by itself', async () => {
  await world.router.submit({ to: ANA, text: 'hello' })
  await world.settle()
  await setByThem(60, 2)
  world.signal.registered.delete(ANA)
  const { message } = await world.router.submit({ to: ANA, text: secret })
  await world.settle()
  expect(world.sms.network).toEqual([])
  expect(await at(message.sent_timestamp_ms)).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('disappear'),
  })
})

it('the higher version of the timer counts; an older one, and a repeated one, says nothing', async () => {
  await setByThem(60, 3)
  await setByThem(10, 2)
  await setByThem(20, 3)
  expect(await conversation()).toMatchObject({ timer_s: 60, timer_version: 3 })
  await setByThem(5, undefined)
  expect(await conversation()).toMatchObject({ timer_s: 5, timer_version: 3 })
})

it('is ordered with the next version, and the other side is told; where there is no Signal it is refused', async () => {
  await setByThem(60, 3)
  const { id } = await conversation()
  await world.router.setTimer(id, 0)
  expect(await conversation()).toMatchObject({ timer_s: 0, timer_version: 4 })
  expect(world.signal.changes.map(({ change }) => change)).toEqual([{ kind: 'timer', seconds: 0, version: 4 }])
  await expect(world.router.setTimer(id, 29 * 86_400)).rejects.toMatchObject({ code: 'invalid-timer' })
  const { message } = await world.router.submit({ to: '+15550000177', text: 'by text' })
  await expect(world.router.setTimer(message.conversation_id, 60)).rejects.toMatchObject({ code: 'not-over-signal' })
})
