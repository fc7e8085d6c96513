/** What another device says that the owner removed in a group: by the group, and each message by its author and time. */
import { expect, test } from 'vitest'
import type { Removal, SignalSink } from '../../../src/signal/facts.ts'
import { serviceIdOctets } from '../../../src/signal/ids.ts'
import { applyRemovals, removalSync } from '../../../src/signal/removals.ts'
import type { DatabaseTransaction } from '../../../src/store/database.ts'

const own = 'a0000000-0000-4000-8000-000000000001'
const ben = 'b0000000-0000-4000-8000-000000000102'
const groupId = Buffer.alloc(32, 5)

test('in a group a message is named with its author, and one without an author is passed over', async () => {
  const removals: Removal[] = []
  const sink = { removed: async (removal: Removal) => removals.push(removal) } as unknown as SignalSink
  const messages = [
    { authorServiceIdBinary: serviceIdOctets(ben), sentTimestamp: 1_000 },
    { authorServiceIdBinary: serviceIdOctets(own), sentTimestamp: 2_000 },
    { sentTimestamp: 3_000 },
  ]
  const removed = {
    messageDeletes: [
      { conversation: { threadGroupId: groupId }, messages },
      { conversation: { threadGroupId: groupId.subarray(1) }, messages },
    ],
  }
  await applyRemovals(sink, removed, { own, atMs: 5 }, {} as DatabaseTransaction)
  expect(removals).toMatchObject([
    {
      with: { groupId: groupId.toString('base64') },
      what: 'messages',
      messages: [
        { ours: false, timestampMs: 1_000, authorAci: ben },
        { ours: true, timestampMs: 2_000 },
      ],
    },
  ])
})

test('what is removed here in a group is named by the group and its author; without an author nothing is told', async () => {
  const tx = {} as DatabaseTransaction
  const peer = { aci: undefined, pni: undefined, e164: undefined, groupId: groupId.toString('base64') }
  const messages = [
    { ours: true, timestampMs: 1_000 },
    { ours: false, timestampMs: 2_000, authorAci: ben },
  ]
  const sync = await removalSync(tx, own, peer, { what: 'messages', messages })
  expect(sync?.deleteForMe?.messageDeletes).toMatchObject([
    {
      conversation: { threadGroupId: groupId },
      messages: [
        { authorServiceId: own, sentTimestamp: 1_000 },
        { authorServiceId: ben, sentTimestamp: 2_000 },
      ],
    },
  ])
  const nameless = { what: 'messages', messages: [{ ours: false, timestampMs: 2_000 }] } as const
  expect(await removalSync(tx, own, peer, nameless)).toBeUndefined()
})
