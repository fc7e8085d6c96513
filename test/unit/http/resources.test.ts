import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
let token: string
let contact: string

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
  await rig.call('POST', '/api/v1/messages', { token, json: { to: '+15550000201', text: 'x' } })
  contact = String((await rig.call('GET', '/api/v1/contacts?address=%2B15550000201', { token })).body.data[0].id)
})
afterAll(() => rig.stop())

describe('contacts', () => {
  test('are changed only by those who have seen the newest version', async () => {
    const path = `/api/v1/contacts/${contact}`
    const seen = await rig.call('GET', path, { token })
    const etag = seen.headers['etag'] as string
    const changed = await rig.call('PATCH', path, {
      token,
      json: { name: 'Ana', policy: 'signal_only' },
      headers: { 'if-match': etag },
    })
    expect([changed.status, changed.body.name, changed.body.policy]).toEqual([200, 'Ana', 'signal_only'])
    expect(changed.headers['etag']).not.toBe(etag)
    const late = await rig.call('PATCH', path, { token, json: { policy: 'auto' }, headers: { 'if-match': etag } })
    expect([late.status, late.body.code]).toEqual([412, 'version-mismatch'])
    const strange = await rig.call('PATCH', path, { token, json: { policy: 'auto' }, headers: { 'if-match': 'W/"x"' } })
    expect(strange.status).toBe(412)
    expect((await rig.call('GET', path, { token })).body.policy).toBe('signal_only')
  })

  test('are made before there is a message, once for each person', async () => {
    const json = { address: '020 7946 0123', name: 'Office', policy: 'sms_only' }
    const made = await rig.call('POST', '/api/v1/contacts', { token, json })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ address: '+442079460123', name: 'Office', policy: 'sms_only' })
    expect((await rig.call('GET', made.headers['location'] as string, { token })).body).toEqual(made.body)
    const again = await rig.call('POST', '/api/v1/contacts', { token, json: { ...json, name: 'Other' } })
    expect([again.status, again.body]).toEqual([200, made.body])
    const wrong = await rig.call('POST', '/api/v1/contacts', { token, json: { address: 'Mum' } })
    expect([wrong.status, wrong.body.code]).toEqual([422, 'invalid-number'])
  })

  test('are made with a fallback time of their own, which stays when they are made again', async () => {
    const make = (span: unknown) =>
      rig.call('POST', '/api/v1/contacts', { token, json: { address: '020 7946 0124', fallback_after: span } })
    for (const wrong of ['soon', 'PT0S', 'P31D', null]) {
      const refused = await make(wrong)
      expect([refused.status, refused.body.errors?.[0]?.pointer]).toEqual([422, '/fallback_after'])
    }
    const made = await make('5m')
    expect([made.status, made.body.fallback_after]).toEqual([201, 'PT5M'])
    const path = made.headers['location'] as string
    expect((await rig.call('GET', path, { token })).body).toEqual(made.body)
    const again = await make('PT1H')
    expect([again.status, again.body]).toEqual([200, made.body])
  })

  test('lose a policy of their own with null', async () => {
    const reply = await rig.call('PATCH', `/api/v1/contacts/${contact}`, { token, json: { policy: null } })
    expect([reply.status, reply.body.policy]).toEqual([200, null])
  })

  test('have a fallback time of their own, within the bounds of the setting, and lose it with null', async () => {
    const path = `/api/v1/contacts/${contact}`
    const patch = (span: unknown) => rig.call('PATCH', path, { token, json: { fallback_after: span } })
    expect((await rig.call('GET', path, { token })).body.fallback_after).toBeNull()
    const set = await patch('5m')
    expect([set.status, set.body.fallback_after]).toEqual([200, 'PT5M'])
    for (const wrong of ['soon', 'PT0S', 'P31D', '', 300]) {
      const refused = await patch(wrong)
      expect([refused.status, refused.body.errors?.[0]?.pointer]).toEqual([422, '/fallback_after'])
    }
    expect((await rig.call('GET', path, { token })).body.fallback_after).toBe('PT5M')
    expect((await patch('P30D')).body.fallback_after).toBe('P30D')
    expect((await patch(null)).body.fallback_after).toBeNull()
  })

  test('a change without content is refused', async () => {
    expect((await rig.call('PATCH', `/api/v1/contacts/${contact}`, { token, json: {} })).status).toBe(422)
  })

  test('a name is taken away with null', async () => {
    const reply = await rig.call('PATCH', `/api/v1/contacts/${contact}`, { token, json: { name: null } })
    expect([reply.status, reply.body.name]).toEqual([200, null])
  })

  test('show their safety number as a code, and compare one that was scanned', async () => {
    const path = `/api/v1/contacts/${contact}/identity`
    const svg = await rig.call('GET', `${path}.svg`, { token })
    expect([svg.status, svg.headers['content-type']]).toEqual([200, 'image/svg+xml'])
    const compare = (scanned: string) => rig.call('POST', `${path}/compare`, { token, json: { scanned } })
    expect((await compare('CAL/')).body).toEqual({ matches: true })
    expect((await compare('CAI=')).body).toEqual({ matches: false })
    expect((await compare('no base64!')).status).toBe(422)
  })

  test('show their safety number, are verified, and their changed identity is approved', async () => {
    const identity = await rig.call('GET', `/api/v1/contacts/${contact}/identity`, { token })
    expect(identity.body).toEqual({
      contact_id: contact,
      safety_number: '1'.repeat(60),
      scannable: 'CAL/',
      verified: false,
      changed_at: null,
      history: [],
    })
    const verified = await rig.call('POST', `/api/v1/contacts/${contact}/identity/verify`, { token })
    expect(verified.body.verified).toBe(true)
    const path = `/api/v1/contacts/${contact}/identity/verify`
    expect((await rig.call('POST', path, { token, json: { verified: false } })).body.verified).toBe(false)

    await rig.db.updateTable('contacts').set({ identity_changed_at_ms: 5 }).where('id', '=', contact).execute()
    const changed = await rig.call('GET', `/api/v1/contacts/${contact}`, { token })
    expect(changed.body.identity_changed_at).toBe('1970-01-01T00:00:00.005Z')
    const approved = await rig.call('POST', `/api/v1/contacts/${contact}/identity/approve`, { token })
    expect([approved.status, approved.body.identity_changed_at]).toEqual([200, null])
    const { history } = (await rig.call('GET', `/api/v1/contacts/${contact}/identity`, { token })).body
    const by = { kind: 'token', id: expect.stringMatching(/^tok_/), name: expect.any(String) }
    const at = expect.any(String)
    expect(history).toEqual(['approved', 'unverified', 'verified'].map((event) => ({ event, at, by })))
  })

  test('say what is known of them on Signal', async () => {
    const reply = await rig.call('GET', `/api/v1/contacts/${contact}/capabilities`, { token })
    expect(reply.body).toEqual({ signal: { standing: 'unknown', checked_at: null, next_check_at: null } })
    expect((await rig.call('POST', `/api/v1/contacts/${contact}/capabilities`, { token })).status).toBe(200)
  })
})

describe('conversations', () => {
  test('are read here: nothing in them is new any more', async () => {
    const { data } = (await rig.call('GET', `/api/v1/conversations?contact_id=${contact}`, { token })).body
    expect(data).toHaveLength(1)
    const path = `/api/v1/conversations/${data[0].id}`
    await rig.db.updateTable('conversations').set({ unread: 3 }).where('id', '=', String(data[0].id)).execute()
    expect((await rig.call('GET', path, { token })).body.unread).toBe(3)
    expect((await rig.call('POST', `${path}/read`, { token })).body.unread).toBe(0)
    expect((await rig.call('GET', path, { token })).body.unread).toBe(0)
    expect((await rig.call('POST', '/api/v1/conversations/cnv_0/read', { token })).status).toBe(404)
  })
})

describe('modems', () => {
  test('are shown in snake_case with null for what is not known', async () => {
    const { data } = (await rig.call('GET', '/api/v1/modems', { token })).body
    expect(data).toHaveLength(1)
    expect(data[0]).toMatchObject({ id: rig.modem.id, state: 'ready', signal_dbm: -67, imsi: null, reason: null })
    expect(data[0].texts).toEqual({
      available: false,
      code: 'quota-exceeded',
      reason: 'the quota of 200 texts a day is used up',
      today: 200,
      daily_quota: 200,
      this_month: 340,
      monthly_quota: 5_000,
      per_minute: null,
      cost_per_part: 0.05,
      prefixes: ['+44'],
    })
    expect((await rig.call('GET', `/api/v1/modems/${rig.modem.id}`, { token })).body).toEqual(data[0])
    expect((await rig.call('GET', '/api/v1/modems/mdm_0', { token })).status).toBe(404)
  })

  test('run one AT command, and nothing that is more than one', async () => {
    const path = `/api/v1/modems/${rig.modem.id}/at`
    const reply = await rig.call('POST', path, { token, json: { command: 'ATI' } })
    expect(reply.body).toEqual({ lines: ['Causeway', 'Sim'] })
    expect(rig.calls.at(-1)).toBe(`command ${rig.modem.id} ATI`)
    for (const command of ['ATI\rAT+CFUN=0', 'hello', 'AT+CMGS=5\u001a', 'AT\n', `AT${'x'.repeat(500)}`]) {
      expect((await rig.call('POST', path, { token, json: { command } })).status).toBe(422)
    }
  })

  test('show how often they were recovered, and why last', async () => {
    const { recovery } = (await rig.call('GET', `/api/v1/modems/${rig.modem.id}`, { token })).body
    expect(recovery).toEqual({
      counts: { reopen: 0, restart: 2 },
      last: { step: 'restart', code: 'silent', reason: 'nothing is answered', at: '1970-01-01T00:00:00.000Z' },
      history: [{ step: 'restart', code: 'silent', reason: 'nothing is answered', at: '1970-01-01T00:00:00.000Z' }],
      hard_resets_at: ['1970-01-01T00:00:00.000Z'],
    })
  })

  test('give their transcript, masked unless asked otherwise, to administrators', async () => {
    const path = `/api/v1/modems/${rig.modem.id}/trace`
    expect((await rig.call('GET', path, { token })).body).toEqual({ transcript: '0.000 > AT\\r\n' })
    await rig.call('GET', `${path}?unmasked=true`, { token })
    expect(rig.calls.slice(-2)).toEqual([`transcript ${rig.modem.id} masked`, `transcript ${rig.modem.id} whole`])
    expect((await rig.call('GET', path, { token: await rig.token('modems:read') })).status).toBe(403)
  })

  test('are looked for at the ports, by administrators', async () => {
    const reply = await rig.call('POST', '/api/v1/modems/probe', { token })
    expect(reply.body.data).toEqual([
      expect.objectContaining({
        port: '/dev/ttyUSB0',
        usb_id: '2c7c:0125',
        interface: 0,
        result: 'skipped',
        imei: null,
      }),
    ])
    const reader = await rig.token('modems:read')
    expect((await rig.call('POST', '/api/v1/modems/probe', { token: reader })).status).toBe(403)
  })

  test('are reset', async () => {
    const ussd = `/api/v1/modems/${rig.modem.id}/ussd`
    const asked = await rig.call('POST', ussd, { token, json: { text: '*100#' } })
    expect([asked.status, asked.body]).toEqual([200, { status: 'done', text: 'Balance 5' }])
    expect((await rig.call('POST', ussd, { token, json: { text: '*1#' } })).body.status).toBe('reply_wanted')
    const replied = await rig.call('POST', `${ussd}/reply`, { token, json: { text: '0' } })
    expect(replied.body).toEqual({ status: 'ended_by_network', text: null })
    expect((await rig.call('POST', `${ussd}/cancel`, { token })).status).toBe(200)
    const busy = await rig.call('POST', ussd, { token, json: { text: '*9#' } })
    expect([busy.status, busy.body.code]).toEqual([409, 'ussd-busy'])
    expect((await rig.call('POST', ussd, { token, json: { text: '' } })).status).toBe(422)
    expect((await rig.call('POST', `/api/v1/modems/${rig.modem.id}/reset`, { token })).status).toBe(200)
    expect(rig.calls).toContain(`reset ${rig.modem.id}`)
  })

  test('are tested for picture messages, by whom may spend money only', async () => {
    const path = `/api/v1/modems/${rig.modem.id}/mms-test`
    const begun = await rig.call('POST', path, { token })
    expect([begun.status, begun.body.state, begun.body.steps[0].step]).toEqual([202, 'failed', 'bearer'])
    expect(rig.calls).toContain(`mms test ${rig.modem.id}`)
    expect((await rig.call('GET', path, { token })).body).toEqual(begun.body)
    const reader = await rig.token('modems:read')
    expect((await rig.call('POST', path, { token: reader })).status).toBe(403)
    expect((await rig.call('GET', '/api/v1/modems/mdm_0/mms-test', { token })).status).toBe(404)
  })
})

describe('the Signal account', () => {
  test('shows where it stands, and never the challenge token', async () => {
    rig.signal.challenge = { token: 'c0ffee', pageUrl: 'https://example.org/challenge', retryAtMs: 0 }
    rig.signal.registration = { step: 'captcha', e164: '+15550000101', pageUrl: 'https://example.org/captcha' }
    const reply = await rig.call('GET', '/api/v1/signal/account', { token })
    expect(reply.body).toMatchObject({
      state: 'none',
      reason: 'no account yet',
      registration: { step: 'captcha', number: '+15550000101', page_url: 'https://example.org/captcha' },
      challenge: { page_url: 'https://example.org/challenge', retry_at: '1970-01-01T00:00:00.000Z' },
    })
    expect(reply.text).not.toContain('c0ffee')
  })

  test('is linked by a code that a phone scans', async () => {
    const json = { device_name: 'Cellar' }
    expect((await rig.call('POST', '/api/v1/signal/link', { token, json })).status).toBe(202)
    expect(rig.calls.at(-1)).toBe('link {"deviceName":"Cellar"}')
    const uri = 'sgnl://linkdevice?uuid=a&pub_key=b'
    rig.signal.link = { step: 'scan', uri, expiresAtMs: 0 }
    const { link } = (await rig.call('GET', '/api/v1/signal/account', { token })).body
    expect(link).toEqual({ step: 'scan', uri, expires_at: '1970-01-01T00:00:00.000Z' })
    expect((await rig.call('GET', '/api/v1/signal/link', { token })).body.uri).toBe(uri)
    const svg = await rig.call('GET', '/api/v1/signal/link.svg', { token })
    expect([svg.status, svg.headers['content-type']]).toEqual([200, 'image/svg+xml'])
    expect(svg.text).toMatch(/^<svg[\s\S]*<\/svg>$/)
    rig.signal.link = undefined
    expect((await rig.call('GET', '/api/v1/signal/link', { token })).body.code).toBe('signal-link-none')
    expect((await rig.call('GET', '/api/v1/signal/link.svg', { token })).status).toBe(409)
    expect((await rig.call('POST', '/api/v1/signal/link', { token, json: { device_name: '' } })).status).toBe(422)
  })

  test('is not registered before somebody said that a phone may be signed out', async () => {
    const before = rig.calls.length
    for (const json of [{ number: '+15550000101' }, { number: '+15550000101', sign_out_phone: false }]) {
      const { status, body } = await rig.call('POST', '/api/v1/signal/register', { token, json })
      expect([status, body.errors[0].pointer]).toEqual([422, '/sign_out_phone'])
      expect(body.errors[0].message).toMatch(/signs out the phone/)
    }
    expect(rig.calls.length).toBe(before)
  })

  test('is registered step by step', async () => {
    const post = (step: string, json: object) => rig.call('POST', `/api/v1/signal/${step}`, { token, json })
    expect((await post('register', { number: '+15550000101', sign_out_phone: true })).status).toBe(202)
    expect((await post('challenge', { token: 'signalcaptcha://x' })).status).toBe(202)
    expect((await post('verify', { code: '482-913' })).status).toBe(202)
    expect(rig.calls.slice(-3)).toEqual([
      'register {"e164":"+15550000101","transport":"sms"}',
      'captcha signalcaptcha://x',
      'code 482913',
    ])
    expect((await post('register', { number: '0791', sign_out_phone: true })).body.errors[0].pointer).toBe('/number')
    expect((await post('verify', { code: 'abc' })).status).toBe(422)
  })
})

describe('the system', () => {
  test('changes its mode', async () => {
    const changed = await rig.call('PATCH', '/api/v1/settings', { token, json: { mode: 'sms_only' } })
    const quiet = { quiet_hours: 'off', time_zone: 'UTC' }
    const fallback = { after: 'PT15M', default: 'auto', when_roaming: 'ask', ...quiet }
    const now = {
      mode: 'sms_only',
      fallback,
      long_text_parts: null,
      configured: { mode: 'integrated', fallback },
      chosen: ['mode'],
    }
    expect(changed.body).toEqual(now)
    expect((await rig.call('GET', '/api/v1/settings', { token })).body).toEqual(now)
    expect((await rig.call('PATCH', '/api/v1/settings', { token, json: { mode: 'both' } })).status).toBe(422)
  })

  test('fallback is changed each setting for itself, and left to the configuration again with null', async () => {
    const patch = (json: object, headers: Record<string, string> = {}) =>
      rig.call('PATCH', '/api/v1/settings', { token, json, headers })
    const before = await rig.call('GET', '/api/v1/settings', { token })
    const changed = await patch({ fallback: { after: '90s', default: 'ask' } })
    expect(changed.body.fallback).toEqual({
      after: 'PT1M30S',
      default: 'ask',
      when_roaming: 'ask',
      quiet_hours: 'off',
      time_zone: 'UTC',
    })
    expect(changed.body.configured.fallback.after).toBe('PT15M')
    expect(changed.body.chosen).toEqual(expect.arrayContaining(['fallback.after', 'fallback.default']))
    const stale = await patch({ fallback: { after: 'PT1H' } }, { 'If-Match': String(before.headers['etag']) })
    expect(stale.status).toBe(412)
    const back = await patch({ mode: null, fallback: { after: null, default: null } })
    expect(back.body).toMatchObject({ mode: 'integrated', fallback: { after: 'PT15M', default: 'auto' }, chosen: [] })
    const wrong = await patch({ fallback: { after: 'soon', when_roaming: 'maybe' } })
    expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/fallback/after',
      '/fallback/when_roaming',
    ])
    const reader = await rig.token('system:read')
    expect((await rig.call('PATCH', '/api/v1/settings', { token: reader, json: { mode: null } })).status).toBe(403)
  })

  test('says its licence and where its source is, to programs and in its description', async () => {
    expect((await rig.call('GET', '/api/v1/system/version', { token })).body).toEqual({
      version: '0.0.0-test',
      licence: 'AGPL-3.0-only',
      source_url: 'https://source.example/causeway',
    })
    expect(JSON.parse((await rig.call('GET', '/api/openapi.json')).text).info).toMatchObject({
      license: { identifier: 'AGPL-3.0-only' },
      description: 'Source code: https://source.example/causeway',
    })
  })

  test('tells its health, what the doctor found, and what waits', async () => {
    expect((await rig.call('GET', '/api/v1/system/health', { token })).body).toEqual({
      status: 'pass',
      ready: true,
      version: '0.0.0-test',
      components: [{ component: 'database', status: 'pass', detail: null }],
    })
    expect((await rig.call('GET', '/api/v1/system/doctor', { token })).body.data[0].id).toBe('modem.no_sim')
    const queue = (await rig.call('GET', '/api/v1/queue', { token })).body.data
    expect(queue).toEqual([
      { status: 'queued', transport: 'sms', lane: null, count: 1, oldest_at: expect.stringMatching(/Z$/) },
    ])
  })

  test('shows what could not be understood, octets and all', async () => {
    for (const n of [1, 2, 3]) {
      await rig.db
        .insertInto('quarantine')
        .values({
          dedupe_key: `q${n}`,
          transport: 'sms',
          lane: 'mdm_1',
          raw: '00FF',
          code: 'pdu',
          detail: 'd',
          received_at_ms: n,
        })
        .execute()
    }
    const first = await rig.call('GET', '/api/v1/quarantine?limit=2', { token })
    expect(first.body.data.map((item: { received_at: string }) => item.received_at)).toEqual([
      '1970-01-01T00:00:00.003Z',
      '1970-01-01T00:00:00.002Z',
    ])
    const rest = await rig.call('GET', `/api/v1/quarantine?limit=2&cursor=${first.body.next_cursor}`, { token })
    expect(rest.body.data).toHaveLength(1)
    expect(rest.body.data[0].raw).toBe('00FF')
  })
})
