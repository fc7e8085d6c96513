/** What newer clients do in a group beside writing: said in a line, or done, as the mock server's own encoding of it reads. */
import { expect, test } from 'vitest'
import { last } from './group-kit.ts'
import { connected, until, World } from './kit.ts'

test('calls, polls and pins are told with who did it; an administrator takes back what another wrote', async () => {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.gateway({ patient: true })
  await gateway.account.link({ deviceName: 'Cellar' })
  const { link } = gateway.account.status()
  await olga.link(link?.step === 'scan' ? link.uri : '', [])
  await connected(gateway)
  const id = await ana.createGroup('Garden', [olga])
  await ana.sendToGroup(id, 'hello')
  await until(() => gateway.sink.texts.length === 1)
  const row = await gateway.db.selectFrom('signal_groups').select('master_key').executeTakeFirstOrThrow()
  const groupV2 = { masterKey: Buffer.from(row.master_key), revision: 0, groupChange: null }
  const octets = (aci: string) => new Uint8Array(Buffer.from(aci.replaceAll('-', ''), 'hex'))
  const target = { targetAuthorAciBinary: octets(olga.aci), targetSentTimestamp: 1_700_000_000_001n }
  const say = async (more: Parameters<typeof ana.sendMessage>[1]) =>
    await ana.sendMessage(olga.e164, { groupV2, ...more })
  await say({ groupCallUpdate: { eraId: 'era' } })
  await say({ pollVote: { ...target, optionIndexes: [1], voteCount: 1 } })
  await say({ pollTerminate: { targetSentTimestamp: 1_700_000_000_002n } })
  await say({ pinMessage: { ...target, pinDuration: { pinDurationForever: true } } })
  await say({ unpinMessage: target })
  await say({ adminDelete: target })
  const { happenings, changes } = gateway.sink
  await until(() => happenings.length === 5 && changes.length === 1)
  expect(happenings.map(({ what, once, groupId, by, ours }) => [what, once, groupId, by.aci, ours])).toEqual(
    [
      ['call-started', 'era'],
      ['voted', undefined],
      ['poll-ended', undefined],
      ['pinned', undefined],
      ['unpinned', undefined],
    ].map((told) => [...told, id, ana.aci, false]),
  )
  expect(last(gateway)?.group.members.find(({ aci }) => aci === ana.aci)).toMatchObject({ admin: true })
  expect(changes).toMatchObject([
    {
      by: { aci: ana.aci },
      groupId: id,
      target: { ours: true, timestampMs: 1_700_000_000_001, authorAci: olga.aci },
      change: { kind: 'deleted' },
    },
  ])
  expect(gateway.sink.texts).toHaveLength(1)
})
