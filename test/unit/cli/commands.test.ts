import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Rig, startRig } from '../http/rig.ts'
import { run, start } from './run.ts'

let rig: Rig
let elsewhere: string

beforeAll(async () => {
  rig = await startRig()
  elsewhere = mkdtempSync(join(tmpdir(), 'causeway-cli-'))
  for (const [address, name] of [
    ['+15550000201', 'Ana'],
    ['+15550000202', 'Twin'],
    ['+15550000203', 'Twin'],
  ]) {
    const token = await rig.token('admin')
    const { body } = await rig.call('POST', '/api/v1/contacts', { token, json: { address } })
    await rig.call('PATCH', `/api/v1/contacts/${body.id}`, { token, json: { name } })
  }
})
afterAll(async () => {
  await rig.stop()
  rmSync(elsewhere, { recursive: true, force: true })
})

const here = (...words: string[]) => run([...words, '--socket', rig.socketPath])

describe('how it ends', () => {
  test.each<[string[], number, RegExp]>([
    [['version'], 0, /^$/],
    [['--help'], 0, /^$/],
    [['nonsense'], 64, /unknown command/],
    [['send'], 64, /missing required argument/],
    [['send', '+15550000201', 'x', '--colour'], 64, /unknown option/],
    [['inbox'], 69, /No gateway runs here[\s\S]*causeway sandbox/],
    [['inbox', '--socket', '/nonexistent/api.sock'], 69, /No gateway answers at \/nonexistent/],
    [['inbox', '--url', 'ftp://x'], 64, /no http/],
    [['sim'], 69, /No sandbox runs here/],
    [['config', 'check', '--config', 'wrong.yaml'], 78, /wrong\.yaml:1: mdoe: .*did you mean mode/],
    [['serve', '--config', 'wrong.yaml'], 78, /did you mean mode/],
    [['serve', '--config', 'absent.yaml'], 78, /cannot be read/],
  ])('%j exits with %d', async (words, code, said) => {
    writeFileSync(join(elsewhere, 'wrong.yaml'), 'mdoe: sms_only\n')
    const ended = await run(words, { cwd: elsewhere })
    expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(said)])
    expect(ended.err).not.toMatch(/^ {4}at /m)
  })

  test('who stops reading is no error', async () => {
    const child = start(['config', 'reference'])
    child.stdout?.destroy()
    let err = ''
    child.stderr?.on('data', (chunk) => {
      err += chunk
    })
    const [code] = await once(child, 'close')
    expect([code, err]).toEqual([0, ''])
  })
})

describe('send', () => {
  test('finds people by name, and prints the message as JSON', async () => {
    const ended = await here('send', 'ana', 'See', 'you', '--json', '--policy', 'sms_only', '--fallback-after', '5m')
    expect(ended.err).toBe('')
    expect(ended.code).toBe(0)
    expect(JSON.parse(ended.out)).toMatchObject({
      text: 'See you',
      status: 'queued',
      policy: 'sms_only',
      fallback_after: 'PT5M',
      contact: { name: 'Ana', address: '+15550000201' },
    })
  })

  test('goes through the modem that is named, by label or id', async () => {
    const ended = await here('send', 'ana', 'By this one', '--modem', 'mdm_490154203237518', '--json')
    expect([ended.err, JSON.parse(ended.out)]).toMatchObject(['', { modem: 'mdm_490154203237518' }])
    const wrong = await here('send', 'ana', 'By none', '--modem', 'garage')
    expect([wrong.code === 0, wrong.err]).toEqual([false, expect.stringMatching(/garage/)])
  })

  test('says state in glyph and word, and whom it goes to', async () => {
    const ended = await here('send', '+15550000201', 'x')
    expect(ended.out).toMatch(/^◷ queued {2}sms {2}to Ana \(\+15550000201\) {2}msg_\w{26}\n.*no Signal account.*\n$/)
  })

  test('takes the text from standard input', async () => {
    const ended = await run(['send', 'ana', '-', '--json', '--socket', rig.socketPath], { input: 'two\nlines\n' })
    expect(JSON.parse(ended.out).text).toBe('two\nlines')
  })

  test('waits for what becomes of it, and fails where that failed', async () => {
    const child = run(['send', 'ana', 'doomed', '--wait', '60s', '--socket', rig.socketPath])
    for (;;) {
      const { numUpdatedRows } = await rig.db
        .updateTable('messages')
        .set({ state: 'failed', code: 'not-on-signal', reason: 'Not on Signal.' })
        .where('text', '=', 'doomed')
        .executeTakeFirst()
      if (numUpdatedRows > 0n) break
      await new Promise(setImmediate)
    }
    const ended = await child
    expect(ended.code).toBe(1)
    expect(ended.out).toMatch(/✕ failed[\s\S]*Not on Signal\./)
  })

  test.each([
    ['nobody', /no contact named nobody/],
    ['twin', /2 contacts are named twin: .*\+15550000203/],
  ])('to %s sends nothing', async (name, said) => {
    const before = rig.calls.length
    const ended = await here('send', name, 'x')
    expect([ended.code, ended.err]).toEqual([1, expect.stringMatching(said)])
    expect(rig.calls.length).toBe(before)
  })

  test('tells what the gateway said against it', async () => {
    const ended = await here('send', '+15550000201', 'x', '--policy', 'best')
    expect([ended.code, ended.err]).toEqual([1, expect.stringMatching(/\/policy: .*\(invalid-request\)/)])
  })
})

describe('over HTTP', () => {
  test('a token is wanted, and is taken from the environment too', async () => {
    const url = `http://127.0.0.1:${rig.port}`
    const without = await run(['modem', '--url', url])
    expect([without.code, without.err]).toEqual([1, expect.stringMatching(/Give a token/)])
    const env = { CAUSEWAY_URL: url, CAUSEWAY_TOKEN: await rig.token('modems:read') }
    const ended = await run(['modem'], { env })
    expect([ended.code, ended.out]).toEqual([0, expect.stringMatching(/^kitchen .*ready .*-67 dBm/)])
  })

  test('the socket is found by the configuration', async () => {
    writeFileSync(join(elsewhere, 'right.yaml'), `runtime_dir: ${join(rig.directory, 'run')}\n`)
    const ended = await run(['modem', '--config', 'right.yaml', '--json'], { cwd: elsewhere })
    expect(JSON.parse(ended.out).signal_dbm).toBe(-67)
  })
})

describe('tail', () => {
  test('shows what happens, goes on where it was cut off, and ends with Ctrl-C', async () => {
    const other = await startRig()
    const after = await other.ports.events.latest()
    const child = start(['tail', '--json', '--after', String(after), '--socket', other.socketPath])
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
    const next = async () => JSON.parse((await lines.next()).value as string)
    await other.event('modem.state')
    expect(await next()).toMatchObject({ id: after + 1, type: 'modem.state' })

    // The gateway goes and comes back; what happened in between is not missed.
    await other.restart(async () => {
      await other.event('while.away')
    })
    await other.event('after.return')
    expect([(await next()).type, (await next()).type]).toEqual(['while.away', 'after.return'])

    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    await other.stop()
  })

  test('a message cannot steer the terminal', async () => {
    const after = await rig.ports.events.latest()
    const token = await rig.token('admin')
    const text = 'hello\u001b[2J\u202eworld\r'
    await rig.call('POST', '/api/v1/messages', { token, json: { to: '+15550000201', text } })
    const ended = await here('tail', '--after', String(after), '--count', '1')
    expect(ended.code).toBe(0)
    expect(ended.out).toMatch(/message\.queued {2}◷ queued .*to Ana .*hello�\[2J�world/)
    expect(ended.out).not.toMatch(/[\u001b\u202e\r]/)
  })
})

describe('the other commands', () => {
  test('show has the ledger in words', async () => {
    const token = await rig.token('admin')
    const { body } = await rig.call('POST', '/api/v1/messages', { token, json: { to: '+15550000201', text: 'ledger' } })
    await rig.db
      .insertInto('attempts')
      .values({
        id: `try_${body.id}`,
        message_id: body.id,
        n: 1,
        leg: 0,
        transport: 'signal',
        lane: 'signal',
        started_at_ms: 0,
        ended_at_ms: 1,
        result: 'other-transport',
        code: 'not-on-signal',
        detail: 'Not registered on Signal',
      })
      .execute()
    const ended = await here('show', body.id)
    expect(ended.out).toMatch(
      /Is about to be sent\.[\s\S]*Attempts\n {2}1\. +1970-01-01 00:00:00 +signal +other-transport +Not registered on Signal/,
    )
    const asJson = JSON.parse((await here('show', body.id, '--json')).out)
    expect(asJson.attempts[0].code).toBe('not-on-signal')
  })

  test('inbox lists conversations, and with a name shows what was said', async () => {
    expect((await here('inbox')).out).toMatch(/Ana \(\+15550000201\)/)
    const said = await here('inbox', 'ana', '--limit', '200')
    expect(said.out).toMatch(/you by sms {2}◷ queued {2}msg_\w+\n {4}See you\n/)
  })

  test('contacts are set up before there is a message, and shown with their safety number', async () => {
    const set = await here('contacts', 'set', '+15550000299', '--name', 'Zoe', '--policy', 'signal_only', '--json')
    expect(JSON.parse(set.out)).toMatchObject({ name: 'Zoe', policy: 'signal_only', address: '+15550000299' })
    const slow = await here('contacts', 'set', 'zoe', '--fallback-after', '1h')
    expect(slow.out).toMatch(/text after PT1H/)
    const usual = await here('contacts', 'set', 'zoe', '--fallback-after', 'default', '--json')
    expect(JSON.parse(usual.out)).toMatchObject({ policy: 'signal_only', fallback_after: null })
    const wrong = await here('contacts', 'set', 'zoe', '--fallback-after', 'soon')
    expect([wrong.code === 0, wrong.err]).toEqual([false, expect.stringMatching(/PT15M/)])
    const shown = await here('contacts', 'show', 'zoe')
    expect(shown.out).toMatch(/Safety number\n {2}11111 11111 11111 11111\n/)
    expect((await here('contacts', 'verify', 'zoe')).out).toMatch(/verified/)
    const all = await here('contacts')
    expect([all.code, all.err]).toEqual([0, ''])
    expect(all.out.split('\n').length).toBeGreaterThan(4)
  })

  test('a message is canceled and tried again; what cannot be is refused', async () => {
    const sent = JSON.parse((await here('send', 'ana', 'x', '--json')).out)
    expect((await here('cancel', sent.id)).out).toMatch(/⊘ canceled/)
    expect((await here('retry', sent.id)).out).toMatch(/◷ queued/)
    const refused = await here('approve', sent.id)
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/wrong-state/)])
  })

  test('modem shows what has left today and this month, of how much, and why it may not send', async () => {
    const { out } = await here('modem')
    expect(out).toMatch(
      /kitchen .* ready .* 200\/200 today, 340\/5000 this month .*the quota of 200 texts a day is used up/,
    )
  })

  test('modem trace writes the transcript, masked unless asked otherwise', async () => {
    expect((await here('modem', 'trace')).out).toBe('0.000 > AT\\r\n')
    expect(rig.calls.at(-1)).toBe(`transcript ${rig.modem.id} masked`)
    const file = join(elsewhere, 'kitchen.trace')
    await here('modem', 'trace', 'kitchen', '--unmasked', '--output', file)
    expect(rig.calls.at(-1)).toBe(`transcript ${rig.modem.id} whole`)
    expect(readFileSync(file, 'utf8')).toBe('0.000 > AT\\r\n')
  })

  test('modem ussd shows what the network says, replies, and ends a session that nobody can reply in', async () => {
    expect(await here('modem', 'ussd', 'kitchen', '*100#')).toMatchObject({ code: 0, out: 'Balance 5\n' })
    expect(await here('modem', 'ussd', '*100#')).toMatchObject({ code: 0, out: 'Balance 5\n' })
    const replied = await here('modem', 'ussd', 'kitchen', '*1#', '--reply', '2')
    expect(replied).toMatchObject({ code: 0, out: '1 More\nYou said 2\n' })
    const refused = await here('modem', 'ussd', 'kitchen', '*1#', '--reply', '0')
    expect(refused).toMatchObject({ code: 1, out: '1 More\n(ended by network)\n' })
    rig.calls.length = 0
    const left = await here('modem', 'ussd', 'kitchen', '*1#')
    expect([left.code, left.err]).toEqual([2, expect.stringMatching(/Give one with --reply/)])
    expect(rig.calls).toEqual([`ussd ${rig.modem.id} *1#`, `cancel ${rig.modem.id}`])
    expect((await here('modem', 'ussd', 'kitchen', '*9#')).err).toMatch(/ussd-busy/)
  })

  test('data lists messages for programs', async () => {
    expect((await here('data')).out).toBe('No data messages.\n')
    await rig.db
      .insertInto('data_messages')
      .values({
        id: 'dat_1',
        dedupe_key: 'd1',
        lane: 'mdm_1',
        from_address: '+15550000201',
        destination_port: 2948,
        source_port: 9200,
        pid: 0,
        dcs: 4,
        data_hex: '00FF',
        text: null,
        sent_at_ms: 0,
        received_at_ms: 0,
      })
      .execute()
    expect((await here('data', '--port', '2948')).out).toMatch(/\+15550000201 {2}port 2948 {2}2 octets {2}00FF/)
    expect((await here('data', '--port', '1')).out).toBe('No data messages.\n')
  })

  test('modem probe shows the ports, and why one is not used', async () => {
    expect((await here('modem', 'probe')).out).toMatch(
      /^\/dev\/ttyUSB0 +2c7c:0125 interface 0 +skipped +interface 0 is not for AT\n$/,
    )
  })

  test('modem at runs on the only modem, or on the one that is named before the command', async () => {
    expect((await here('modem', 'at', 'ATI')).out).toBe('Causeway\nSim\n')
    expect((await here('modem', 'at', 'kitchen', 'ATI')).out).toBe('Causeway\nSim\n')
    expect((await here('modem', 'at', 'attic', 'ATI')).err).toMatch(/no modem attic; there is kitchen/)
    expect(await here('modem', 'at', 'kitchen', 'AT', 'I')).toMatchObject({ code: 64 })
    expect((await here('modem', 'reset', 'attic')).err).toMatch(/no modem attic; there is kitchen/)
    expect((await here('modem', 'reset', '--modem', 'attic')).err).toMatch(/no modem attic; there is kitchen/)
  })

  test('inbox shows what became of a message: edited, reacted to, taken back', async () => {
    await here('send', '+15550000288', 'changed', '--policy', 'sms_only')
    await here('send', '+15550000288', 'gone', '--policy', 'sms_only')
    const reactions_json = JSON.stringify([{ aci: 'x', emoji: '👍', at_ms: 0 }])
    const quote_json = JSON.stringify({ ours: false, timestampMs: 0, text: 'a question' })
    const edited = { edited_at_ms: 0, reactions_json, quote_json }
    await rig.db.updateTable('messages').set(edited).where('text', '=', 'changed').execute()
    await rig.db.updateTable('messages').set({ deleted_at_ms: 0, text: '' }).where('text', '=', 'gone').execute()
    const { out } = await here('inbox', '+15550000288')
    expect(out).toMatch(/> a question\n {4}changed \[edited, 👍\][\s\S]*\[taken back by its author\]/)
  })

  test('signal link shows what the phone scans, anew when it was renewed, and ends when the phone has', async () => {
    const uri = 'sgnl://linkdevice?uuid=one'
    rig.signal.state = 'linking'
    rig.signal.link = { step: 'scan', uri, expiresAtMs: 0 }
    const child = start(['signal', 'link', '--name', 'Cellar', '--socket', rig.socketPath])
    const lines: string[] = []
    const shows = (part: string) => vi.waitFor(() => expect(lines.join('\n')).toContain(part))
    createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => lines.push(line))
    await shows(uri)
    // The quiet border, and below it the code itself.
    expect(lines.some((row) => /^█{20,}$/.test(row))).toBe(true)
    expect(lines.some((row) => /^██[█▀▄ ]{20,}██$/.test(row) && /[▀▄]/.test(row))).toBe(true)
    expect(rig.calls).toContain('link {"deviceName":"Cellar"}')
    rig.signal.link = { step: 'scan', uri: 'sgnl://linkdevice?uuid=two', expiresAtMs: 0 }
    await shows('uuid=two')
    rig.signal.link = undefined
    rig.signal.state = 'connected'
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    expect(lines.at(-1)).toMatch(/^connected/)
    rig.signal.state = 'none'
  })

  test('signal register asks before a phone is signed out, and a script says --yes', async () => {
    const refused = await here('signal', 'register', '+15550000101')
    expect([refused.code, refused.err]).toEqual([64, expect.stringMatching(/signs it out[\s\S]*--yes/)])
    expect(rig.calls.filter((made) => made.startsWith('register'))).toEqual([])
    expect((await here('signal', 'register', '+15550000101', '--yes')).code).toBe(0)
    expect(rig.calls).toContain('register {"e164":"+15550000101","transport":"sms"}')
  })

  test('signal devices lists them by name, and removes one', async () => {
    const listed = await here('signal', 'devices')
    expect(listed.out).toMatch(/^1 .*primary.*this one/)
    expect(listed.out).toMatch(/2 +Desk�\[2J +linked/)
    expect((await here('signal', 'devices', 'remove', '2')).code).toBe(0)
    expect(rig.calls).toContain('remove device 2')
    expect((await here('signal', 'devices', 'forget', '2')).code).toBe(64)
  })

  test('signal tells the next step', async () => {
    rig.signal.registration = { step: 'captcha', e164: '+15550000101', pageUrl: 'https://example.org/captcha' }
    expect((await here('signal')).out).toMatch(/https:\/\/example\.org\/captcha[\s\S]*causeway signal captcha/)
  })

  test('token create prints a token that works, and nothing else', async () => {
    const created = await here('token', 'create', 'alerts', '--scope', 'modems:read', 'system:read')
    const token = created.out.trim()
    expect(created.out).toMatch(/^cw_\w{26}_[\w-]{43}\n$/)
    expect((await rig.call('GET', '/api/v1/modems', { token })).status).toBe(200)
    expect((await here('token')).out).toMatch(/alerts +modems:read system:read +used/)
  })

  test('pdu decode answers each line with one, whatever it is', async () => {
    const pdu = '07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07'
    const ended = await run(['pdu', 'decode'], { input: `mt ${pdu}\nzz\n\n${pdu}` })
    const lines = ended.out
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text))
    expect(ended.code).toBe(0)
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatchObject({ type: 'deliver', text: 'How are you?' })
    expect(lines[1].error.code).toMatch(/\w/)
    expect(lines[3]).toEqual(lines[0])
  })
})

describe('doctor', () => {
  test('asks a running gateway, and its exit code is the worst that it found', async () => {
    const ended = await here('doctor', '--json')
    expect(ended.code).toBe(1)
    expect(JSON.parse(ended.out)).toEqual({
      id: 'modem.no_sim',
      code: 'modem.no_sim',
      severity: 'error',
      what: 'No SIM.',
      fix: 'Put one in.',
      values: { modem: 'kitchen' },
    })
    expect((await here('doctor')).out).toMatch(/^✗ modem\.no_sim {2}No SIM\.\n {4}Put one in\.\n1 error\n$/)
  })

  test('looks at machine and configuration where none runs', async () => {
    const ended = await run(['doctor', '--json'], { cwd: elsewhere })
    const findings = ended.out
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text))
    const ids = findings.map((finding) => finding.id)
    expect(ids).toEqual(expect.arrayContaining(['gateway.down', 'node.version', 'disk.low', 'redis.missing']))
    expect([1, 2]).toContain(ended.code)
  })

  test('a wrong configuration is a finding, not the end', async () => {
    writeFileSync(join(elsewhere, 'wrong.yaml'), 'mdoe: sms_only\n')
    const ended = await run(['doctor', '--json', '--config', 'wrong.yaml'], { cwd: elsewhere })
    const findings = ended.out
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text))
    expect(findings).toContainEqual(expect.objectContaining({ id: 'config.unknown_key', severity: 'error' }))
    expect(findings.map((finding) => finding.id)).toContain('node.version')
    expect(ended.code).toBe(1)
  })
})
