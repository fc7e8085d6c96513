import { expect, it } from 'vitest'
import { WEBHOOK_EVENTS } from '../../../src/domain/webhook.ts'
import { ANA, ANA_ACI, BEN, World } from './world.ts'

/** Told by what looks after modems, account, queue and backups: service/modem-watch, service/alerts, backup/schedule. */
const elsewhere = [
  'modem.state',
  'modem.signal_low',
  'signal.account',
  'signal.challenge',
  'queue.stalled',
  'system.backup',
]

it('whatever a webhook can ask for of messages and people is told when it happens, with whom or what it is about', async () => {
  const world = await World.open()
  await world.text(BEN, 'hello')
  const read = await world.send(ANA, 'over Signal')
  await world.receipt('delivered', read)
  await world.receipt('read', read)
  const asText = await world.send(BEN, 'as a text')
  const refused = await world.send(BEN, 'never as a text', { policy: 'signal_only' })
  world.sms.setAvailable(false)
  const late = await world.send(BEN, 'too late', { validityMs: 60_000 })
  await world.pass(120_000)
  const recipient = { e164: ANA, aci: ANA_ACI, pni: undefined }
  await world.router.sink.capability({ transport: 'signal', kind: 'identity-changed', recipient, atMs: world.nowMs })

  const events = await world.events.since(0, 1_000)
  const about = (type: string) => events.filter((event) => event.type === type)
  const ofPeople = WEBHOOK_EVENTS.filter((type) => !elsewhere.includes(type))
  expect(ofPeople.filter((type) => about(type).length === 0)).toEqual([])
  expect(about('message.read').map(({ message_id: id }) => id)).toEqual([read.id])
  expect(about('message.fallback').map(({ message_id: id }) => id)).toContain(asText.id)
  expect(about('message.failed').map(({ message_id: id }) => id)).toEqual([refused.id])
  expect(about('message.expired').map(({ message_id: id }) => id)).toEqual([late.id])
  const [ana, ben] = [await world.contact(ANA), await world.contact(BEN)]
  expect(new Set(about('contact.capability').map(({ contact_id: id }) => id))).toEqual(new Set([ana.id, ben.id]))
  expect(about('contact.identity_changed').map(({ contact_id: id }) => id)).toEqual([ana.id])
  expect(WEBHOOK_EVENTS.filter((type) => elsewhere.includes(type))).toEqual(elsewhere)
  await world.close()
})
