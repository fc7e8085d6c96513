import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { present } from './answer.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
let token: string

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
})
afterAll(() => rig.stop())

interface Stream {
  response: IncomingMessage
  outgoing: ClientRequest
  ids: number[]
  text: () => string
  until(condition: () => boolean): Promise<void>
}

function listen(headers: Record<string, string> = {}, path = '/api/v1/events', as = token): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: rig.port,
      path,
      agent: false,
      headers: { accept: 'text/event-stream', authorization: `Bearer ${as}`, ...headers },
    })
    outgoing.once('error', reject)
    outgoing.once('response', (response) => {
      let head = ''
      let rest = ''
      let told = () => {}
      const ids: number[] = []
      response.setEncoding('utf8')
      response.on('error', () => {})
      response.on('data', (chunk: string) => {
        if (head.length < 10_000) head += chunk
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        ids.push(...lines.filter((line) => line.startsWith('id: ')).map((line) => Number(line.slice(4))))
        told()
      })
      resolve({
        response,
        outgoing,
        ids,
        text: () => head,
        until: async (condition) => {
          while (!condition()) {
            await new Promise<void>((wake) => {
              told = wake
            })
          }
        },
      })
    })
    outgoing.end()
  })
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const newest = () => rig.ports.events.latest()

describe('the stream of events', () => {
  test('begins with now, says how long to wait, and is not buffered on the way', async () => {
    await rig.event('a.old')
    const last = await newest()
    const stream = await listen()
    await stream.until(() => stream.text().includes('retry: 3000\n\n'))
    expect(stream.response.headers['content-type']).toMatch(/^text\/event-stream/)
    expect(stream.response.headers['x-accel-buffering']).toBe('no')
    await rig.event('a.new')
    await stream.until(() => stream.ids.length > 0)
    expect(stream.ids).toEqual([last + 1])
    expect(stream.text()).toContain(`id: ${last + 1}\nevent: a.new\ndata: {`)
    stream.outgoing.destroy()
  })

  test('resumes behind Last-Event-ID without a gap and without repeating, over many cut connections', async () => {
    const start = await newest()
    const total = 400
    const writing = (async () => {
      for (let i = 0; i < total; i++) await rig.event('b.tick')
    })()
    const got: number[] = []
    let last = start
    while (got.length < total) {
      const stream = await listen({ 'last-event-id': String(last) })
      const wanted = Math.min(60, total - got.length)
      await stream.until(() => stream.ids.length >= wanted)
      // The listener dies having taken only part of what came.
      const taken = stream.ids.slice(0, wanted)
      got.push(...taken)
      last = taken.at(-1) ?? last
      stream.outgoing.destroy()
    }
    await writing
    expect(got).toEqual(range(start + 1, start + total))
  })

  test('a listener that does not read holds up nobody and loses nothing', async () => {
    const start = await newest()
    const slow = await listen({ 'last-event-id': String(start) })
    slow.response.pause()
    const text = 'x'.repeat(20_000)
    const { body } = await rig.call('POST', '/api/v1/messages', { token, json: { to: '+15550000201', text } })
    for (let i = 0; i < 900; i++) await rig.event('c.big', body.id)
    const quick = await listen({ 'last-event-id': String(start) })
    await quick.until(() => quick.ids.length >= 901)
    quick.outgoing.destroy()
    expect(slow.ids.length).toBeLessThan(901)
    slow.response.resume()
    await slow.until(() => slow.ids.length >= 901)
    expect(slow.ids).toEqual(range(start + 1, start + 901))
    slow.outgoing.destroy()
  })

  test('carries the message for those who may read it, and only ids for others', async () => {
    const blind = await rig.token('events:read')
    const { body } = await rig.call('POST', '/api/v1/messages', { token, json: { to: '+15550000201', text: 'words' } })
    const after = (await newest()) - 1
    const mine = await rig.call('GET', `/api/v1/events?after=${after}`, { token })
    const theirs = await rig.call('GET', `/api/v1/events?after=${after}`, { token: blind })
    expect(mine.body.data[0]).toMatchObject({ type: 'message.queued', message: { id: body.id, text: 'words' } })
    expect(theirs.body.data[0].message_id).toBe(body.id)
    expect(theirs.text).not.toContain('words')
  })

  test('history is JSON, in order, and goes on behind `after`', async () => {
    const all = (await rig.call('GET', '/api/v1/events?limit=500', { token })).body.data
    const ids = all.map((event) => Number(event.id))
    const first = present(ids[0])
    expect(ids).toEqual(range(first, first + ids.length - 1))
    const rest = (await rig.call('GET', `/api/v1/events?after=${ids[2]}&limit=2`, { token })).body
    expect(rest.data.map((event) => event.id)).toEqual([ids[3], ids[4]])
    expect(rest.last_id).toBe(ids[4])
  })

  test('says every 15 s that it is still there', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const stream = await listen()
      await stream.until(() => stream.text().includes('retry:'))
      await rig.event('d.tick')
      await stream.until(() => stream.ids.length > 0)
      expect(stream.text()).not.toContain(': ping')
      vi.advanceTimersByTime(15_000)
      await stream.until(() => stream.text().includes('\n\n: ping\n\n'))
      stream.outgoing.destroy()
    } finally {
      vi.useRealTimers()
    }
  })

  describe('whose place is not there any more', () => {
    const gapOf = async (last: number) => {
      const stream = await listen({ 'last-event-id': String(last) })
      await stream.until(() => stream.text().includes('retry:'))
      await rig.event('e.after')
      const mine = await newest()
      await stream.until(() => stream.ids.includes(mine))
      stream.outgoing.destroy()
      const told = /event: stream\.gap\ndata: (.*)\n/.exec(stream.text())?.[1]
      const history = await rig.call('GET', `/api/v1/events?after=${last}&limit=1`, { token })
      return { told: told === undefined ? undefined : JSON.parse(told), history: history.body.gap, ids: stream.ids }
    }

    test('says so where events were forgotten, and goes on with the oldest that is kept', async () => {
      for (let i = 0; i < 5; i++) await rig.event('e.old')
      const last = await newest()
      await rig.db
        .deleteFrom('events')
        .where('id', '<=', last - 2)
        .execute()
      const late = await gapOf(last - 3)
      expect(late.told).toMatchObject({ id: null, type: 'stream.gap', data: { after: last - 3 } })
      expect([late.history, late.ids[0]]).toEqual([true, last - 1])
      for (const kept of [last - 2, last - 1, last]) {
        const { told, history, ids } = await gapOf(kept)
        expect([told, history, ids[0]]).toEqual([undefined, false, kept + 1])
      }
    })

    test('says so where this gateway never had it, and goes on with what happens now', async () => {
      const last = await newest()
      const { told, history, ids } = await gapOf(last + 1_000)
      expect([told?.data, history, ids]).toEqual([{ after: last + 1_000 }, true, [last + 1]])
    })

    test('after a backup was restored, whose numbers go on far above', async () => {
      const last = await newest()
      await sql`update sqlite_sequence set seq = seq + 1000000 where name = 'events'`.execute(rig.db)
      await rig.event('e.restored')
      const { told, ids } = await gapOf(last + 10)
      expect([told?.data, ids[0]]).toEqual([{ after: last + 10 }, last + 1_000_001])
    })

    test('nothing is missing when everything was forgotten and nothing has happened since', async () => {
      const last = await newest()
      await rig.db.deleteFrom('events').execute()
      expect((await gapOf(last)).told).toBeUndefined()
    })
  })

  test('a Last-Event-ID that is no number is refused', async () => {
    const stream = await listen({ 'last-event-id': 'yesterday' })
    expect(stream.response.statusCode).toBe(422)
    stream.outgoing.destroy()
  })

  test('stopping the gateway ends the stream in order', async () => {
    const other = await startRig()
    const its = await other.token('admin')
    const stream = await new Promise<IncomingMessage>((resolve, reject) => {
      request(
        {
          host: '127.0.0.1',
          port: other.port,
          path: '/api/v1/events',
          headers: { accept: 'text/event-stream', authorization: `Bearer ${its}` },
        },
        resolve,
      )
        .once('error', reject)
        .end()
    })
    const ended = new Promise((resolve) => stream.once('end', resolve))
    stream.resume()
    await other.stop()
    await ended
    expect(stream.complete).toBe(true)
  })
})
