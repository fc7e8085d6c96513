/**
 * The real gateway is killed (−9) between an event and its delivery, again and again, with an endpoint that fails now and
 * then: every event reaches it at least once, none is missing, and each always under the same id.
 */
import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'
import { startEndpoint } from '../../unit/http/endpoint.ts'

const ROUNDS = 8
const PER_ROUND = 6

interface EventView {
  id: number
  type: string
  message_id: string | null
}

it('kill −9 between event and delivery: nothing missing, one id for each event', { timeout: 240_000 }, async () => {
  const house = await House.open({ signal: false })
  const endpoint = await startEndpoint()
  try {
    const types = ['message.received', 'message.queued', 'message.sent', 'message.delivered']
    const { id: webhook, secret } = await house.api.call<{ id: string; secret: string }>('POST', '/api/v1/webhooks', {
      url: endpoint.url,
      events: types,
    })
    const ben = house.world.person('ben')
    // Of every seven requests one is refused, one is taken without an answer, so that kills meet requests under way.
    let count = 0
    endpoint.answer = (response) => {
      count += 1
      if (count % 7 === 0) response.writeHead(500).end()
      else if (count % 7 !== 3) response.writeHead(204).end()
    }
    for (let round = 0; round < ROUNDS; round++) {
      const before = endpoint.received.length
      const texts = Array.from({ length: PER_ROUND }, (_, i) => `round ${round} number ${i}`)
      const sent = texts.map((text) => house.send(ben.number, text).catch(() => undefined))
      ben.phone.send(house.world.gatewayNumber, `from ben ${round}`)
      // Half of the rounds are cut when the first delivery arrives, half as soon as the last message is on disk.
      if (round % 2 === 0) await endpoint.until(() => endpoint.received.length > before)
      else await Promise.all(sent)
      await house.kill()
      await Promise.all(sent)
      await house.start()
    }
    endpoint.answer = (response) => response.writeHead(204).end()
    await house.modemsReady()
    await house.eventually('nothing is on its way any more', async () => {
      const moving = await Promise.all(
        ['queued', 'sending', 'sent'].map((status) => house.messages(`&direction=out&status=${status}`)),
      )
      return moving.flat().length === 0
    })
    const wanted = (await history(house)).filter(({ type }) => types.includes(type))
    await house.eventually(
      'everything is delivered',
      async () => {
        // What was refused waits for its time; a person need not.
        const { data } = await house.api.call<{ data: { id: string; attempts: number }[] }>(
          'GET',
          `/api/v1/webhooks/${webhook}/deliveries?status=due&limit=200`,
        )
        for (const { id, attempts } of data) {
          if (attempts > 0) await house.api.call('POST', `/api/v1/webhooks/${webhook}/deliveries/${id}/redeliver`)
        }
        return data.length === 0
      },
      90_000,
    )
    expect(wanted.length).toBeGreaterThan(ROUNDS * PER_ROUND)
    expect(new Set(endpoint.received.map(({ body }) => body.type))).toEqual(new Set(types))

    const idsByEvent = new Map<number, Set<string>>()
    for (const { id, body, text, headers } of endpoint.received) {
      new Webhook(secret).verify(text, headers as Record<string, string>)
      const ids = idsByEvent.get(body.data.event_id) ?? new Set()
      idsByEvent.set(body.data.event_id, ids.add(id))
    }
    const missing = wanted.filter(({ id }) => !idsByEvent.has(id))
    expect(missing).toEqual([])
    const known = new Set((await history(house)).filter(({ type }) => types.includes(type)).map(({ id }) => id))
    expect([...idsByEvent.keys()].filter((id) => !known.has(id))).toEqual([])
    expect([...idsByEvent.values()].filter((ids) => ids.size !== 1)).toEqual([])
    const repeated = endpoint.received.length - wanted.length
    console.log(`webhooks: ${wanted.length} events, ${repeated} repetitions, ${ROUNDS} kills`)
  } finally {
    await house.close()
    await endpoint.stop()
  }
})

/** The whole event log. */
async function history(house: House): Promise<EventView[]> {
  const all: EventView[] = []
  for (let after = 0; ; ) {
    const { data, last_id: last } = await house.api.call<{ data: EventView[]; last_id: number }>(
      'GET',
      `/api/v1/events?after=${after}&limit=500`,
    )
    all.push(...data)
    if (data.length === 0) return all
    after = last
  }
}
