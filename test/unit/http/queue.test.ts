import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examineRunning } from '../../../src/doctor/running.ts'
import { PRIORITIES } from '../../../src/domain/priority.ts'
import { routes } from '../../../src/http/routes.ts'
import { placeOf } from '../../../src/inbox/screens/places.ts'
import { type Rig, startRig } from './rig.ts'

const MODEM = 'mdm_490154203237518'

let rig: Rig
let token: string
const ids: string[] = []
beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
  for (const priority of PRIORITIES) ids.push(await send({ to: '+15550000201', text: priority, priority }))
  ids.push(await send({ to: '+15550000202', text: 'later', schedule_at: '2040-01-01T00:00:00Z', modem: MODEM }))
})
afterAll(() => rig.stop())

async function send(json: object): Promise<string> {
  const { status, body } = await rig.call('POST', '/api/v1/messages', { token, json })
  expect(status).toBe(202)
  return body.id
}

async function jobs(query = ''): Promise<Record<string, unknown>[]> {
  return (await rig.call('GET', `/api/v1/queue/jobs${query}`, { token })).body.data
}

const idsOf = (rows: readonly Record<string, unknown>[]) => rows.map(({ message_id: id }) => id)

describe('jobs of the queue', () => {
  test('are listed oldest first, a page at a time, with state, priority and due time', async () => {
    const first = await rig.call('GET', '/api/v1/queue/jobs?limit=3', { token })
    expect(first.body.data).toMatchObject([
      { message_id: ids[0], state: 'waiting', status: 'queued', transport: 'sms', priority: 'urgent', due_at: null },
      { message_id: ids[1], priority: 'normal' },
      { message_id: ids[2], priority: 'bulk', tries: 0 },
    ])
    const rest = await rig.call('GET', `/api/v1/queue/jobs?limit=3&cursor=${first.body.next_cursor}`, { token })
    expect(rest.body).toMatchObject({
      data: [{ message_id: ids[3], state: 'delayed', modem: MODEM, due_at: '2040-01-01T00:00:00.000Z' }],
      next_cursor: null,
    })
    expect(first.headers['link']).toContain('rel="next"')
  })

  test('are narrowed to a state, a transport, a modem', async () => {
    expect(idsOf(await jobs('?state=waiting'))).toEqual(ids.slice(0, 3))
    expect(idsOf(await jobs('?state=delayed'))).toEqual([ids[3]])
    expect(idsOf(await jobs(`?modem=${MODEM}`))).toEqual([ids[3]])
    expect(await jobs('?transport=signal')).toEqual([])
    expect(await jobs('?state=active')).toEqual([])
    expect((await rig.call('GET', '/api/v1/queue/jobs?state=lost', { token })).status).toBe(422)
  })

  test('that failed come when asked for, with the reason', async () => {
    const change = { state: 'failed', code: 'cms-1', reason: 'The network refused it.' } as const
    await rig.db.updateTable('messages').set(change).where('id', '=', String(ids[2])).execute()
    expect(idsOf(await jobs())).toEqual([ids[0], ids[1], ids[3]])
    expect(await jobs('?state=failed')).toMatchObject([
      { message_id: ids[2], state: 'failed', code: 'cms-1', reason: 'The network refused it.' },
    ])
  })

  test('that failed are counted by transport and modem when asked for, and what stops the queue is said', async () => {
    const counts = async (query: string) => (await rig.call('GET', `/api/v1/queue${query}`, { token })).body
    const failed = { status: 'failed', transport: 'sms', lane: null, count: 1, oldest_at: expect.stringMatching(/Z$/) }
    expect((await counts('')).data).not.toContainEqual(failed)
    expect((await counts('?failed=true')).data).toContainEqual(failed)
    expect(await counts('')).toMatchObject({ problem: null })
    rig.queueProblem = 'Redis does not answer'
    expect(await counts('')).toMatchObject({ problem: 'Redis does not answer' })
    rig.queueProblem = undefined
  })

  test('carry no text, and the message says its priority', async () => {
    expect(JSON.stringify(await jobs())).not.toMatch(/later|\+1555/)
    expect((await rig.call('GET', `/api/v1/messages/${ids[0]}`, { token })).body.priority).toBe('urgent')
    const wrong = await rig.call('POST', '/api/v1/messages', { token, json: { to: '1', text: 'x', priority: 'now' } })
    expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([422, '/priority'])
  })
})

describe('pausing the queue', () => {
  const post = (action: string, json: object) => rig.call('POST', `/api/v1/queue/${action}`, { token, json })

  test('is for admins, whole, by transport or by modem, and seen in counts and jobs', async () => {
    const sender = await rig.token('messages:send', 'system:read', 'messages:read')
    expect((await rig.call('POST', '/api/v1/queue/pause', { token: sender, json: {} })).status).toBe(403)
    const at = expect.stringMatching(/Z$/)
    expect((await post('pause', { transport: 'sms' })).body.paused).toEqual([
      { transport: 'sms', modem: null, since: at },
    ])
    expect((await jobs('?state=waiting'))[0]?.['reason']).toBe('waits: text messages are paused')
    expect((await post('pause', { modem: MODEM })).body.paused).toHaveLength(2)
    expect((await post('pause', { modem: 'mdm_9' })).body.errors[0].pointer).toBe('/modem')
    expect((await post('pause', { modem: MODEM, transport: 'sms' })).status).toBe(422)
    expect((await rig.call('GET', '/api/v1/queue', { token: sender })).body.paused).toHaveLength(2)
    await post('resume', { modem: MODEM })
    expect((await post('resume', { transport: 'sms' })).body.paused).toEqual([])
    expect((await post('resume', {})).status).toBe(200)
  })
})

describe('what the doctor offers to do', () => {
  test('is a request that there is, or a place that the inbox knows', () => {
    const findings = examineRunning({
      mode: 'integrated',
      modems: (['failed', 'sim-locked'] as const).map((state) => ({
        id: MODEM,
        label: undefined,
        state,
        reason: undefined,
        registration: 'home',
        signalDbm: undefined,
        smsc: undefined,
        storage: [],
        recoveryExhausted: true,
      })),
      signal: { state: 'challenged', reason: undefined, e164: undefined, warnings: [] },
      waiting: [{ state: 'held', count: 1 }],
      waitingSinceMs: undefined,
      paused: [{ transport: 'sms', lane: null, sinceMs: 0 }],
      components: [],
      nowMs: 0,
    })
    const actions = findings.flatMap(({ id, action }) => (action === undefined ? [] : [{ id, action }]))
    expect(actions.map(({ id, action }) => `${id} ${action.name}`)).toEqual([
      'modem.failed restart-modem',
      'modem.recovery_exhausted restart-modem',
      'modem.sim_pin enter-pin',
      'modem.recovery_exhausted restart-modem',
      'signal.challenge solve-captcha',
      'queue.paused resume-queue',
      'queue.held see-queue',
    ])
    const known = routes.map(({ method, path }) => `${method} ${path.replace(':id', MODEM)}`)
    for (const { action } of actions) {
      if (action.kind === 'request') expect(known).toContain(`${action.method} ${action.path}`)
      else expect(placeOf(action.path).room).toBeDefined()
    }
    expect(findings.find(({ id }) => id === 'queue.paused')).toMatchObject({
      severity: 'warning',
      what: 'Text messages are paused; nothing leaves there since 1970-01-01.',
      fix: 'Let it go on: causeway queue resume --transport sms.',
      action: { body: { transport: 'sms' } },
    })
  })
})
