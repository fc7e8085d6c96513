/** What the owner reads on another device is read here, whichever comes first: the message or the word that it was read. */
import { expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI } from './world.ts'

useWorld()

const author = { e164: ANA, aci: ANA_ACI, pni: undefined }

function receive(sentAtMs: number, timerS?: number) {
  return world.router.sink.message({
    transport: 'signal',
    lane: 'signal',
    from: { address: ANA, aci: ANA_ACI, pni: undefined, name: undefined },
    text: `at ${sentAtMs}`,
    sentAtMs,
    receivedAtMs: world.nowMs,
    encrypted: true,
    dedupeKey: `signal:${sentAtMs}`,
    timerS,
  })
}

const unread = async () =>
  (await world.db.selectFrom('conversations').select('unread').executeTakeFirstOrThrow()).unread

it('only what was read there is read here, and begins to disappear', async () => {
  await receive(1_000, 60)
  await receive(2_000)
  await world.router.sink.readElsewhere({ author, timestampsMs: [1_000], atMs: world.nowMs })
  expect(await unread()).toBe(1)
  const [first] = (await world.all()).filter(({ sent_timestamp_ms }) => sent_timestamp_ms === 1_000)
  expect(first).toMatchObject({ read_at_ms: world.nowMs, expires_at_ms: world.nowMs + 60_000 })
})

it('a message that comes after the word that it was read is read at once', async () => {
  await world.router.sink.readElsewhere({ author, timestampsMs: [1_000], atMs: world.nowMs })
  await receive(1_000)
  await receive(2_000)
  expect(await unread()).toBe(1)
})
