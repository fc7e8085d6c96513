import { afterEach, beforeEach, expect, it } from 'vitest'
import { listConversations } from '../../../src/store/mailbox.ts'
import { InboundRig } from './rig.ts'

let rig: InboundRig
beforeEach(async () => {
  rig = await InboundRig.open()
})
afterEach(() => rig.world.close())

async function ring(from: string | undefined, more: { withheld?: boolean; hungUp?: boolean } = {}) {
  rig.world.nowMs += 1000
  const at = rig.world.nowMs
  const call = { modemId: 'mdm_1', from, withheld: false, hungUp: false, startedAtMs: at, endedAtMs: at + 9, ...more }
  await rig.inbound.call(call)
  return call
}

it('a missed call is an unread entry in the conversation with the caller, and no text', async () => {
  await rig.receive({ data: 'call me' })
  await ring('+15550000102')
  const { data: views } = await listConversations(rig.world.db, { limit: 5 })
  expect(views).toMatchObject([
    {
      conversation: { unread: 2 },
      contact: { e164: '+15550000102' },
      lastMessage: { kind: 'call', text: 'Missed call', transport: null, lane: 'mdm_1', state: 'received' },
    },
  ])
  expect(await rig.eventTypes()).toEqual(['message.received', 'message.received'])
})

it('a call that is handed in twice is one', async () => {
  const call = await ring('+15550000102', { hungUp: true })
  await rig.inbound.call(call)
  expect(await rig.texts()).toEqual(['Missed call (hung up)'])
})

it('national numbers are read as those of our country; callers without a number have conversations of their own', async () => {
  await ring('5550000102')
  await ring(undefined, { withheld: true })
  await ring(undefined)
  const { data } = await listConversations(rig.world.db, { limit: 5 })
  expect(data.map(({ contact }) => contact?.e164 ?? contact?.sender).sort()).toEqual([
    '+15550000102',
    'Unknown caller',
    'Withheld number',
  ])
})
