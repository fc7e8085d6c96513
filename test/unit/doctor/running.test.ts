import { describe, expect, test } from 'vitest'
import { examineRunning, type ModemFacts, type RunningFacts } from '../../../src/doctor/running.ts'

const nowMs = 1_800_000_000_000

const modem: ModemFacts = {
  id: 'mdm_1',
  label: 'kitchen',
  state: 'ready',
  reason: undefined,
  registration: 'home',
  signalDbm: -67,
  smsc: '+15550000001',
  storage: [{ memory: 'SM', used: 1, total: 20 }],
}

const well: RunningFacts = {
  mode: 'integrated',
  modems: [modem],
  signal: { state: 'connected', reason: undefined, e164: '+15550000101', warnings: [] },
  waiting: [],
  waitingSinceMs: undefined,
  components: [{ component: 'database', status: 'pass', detail: undefined }],
  nowMs,
}

const found = (facts: Partial<RunningFacts>) =>
  examineRunning({ ...well, ...facts })
    .filter(({ severity }) => severity !== 'ok')
    .map(({ id, severity }) => `${id} ${severity}`)

describe('the doctor on a running gateway', () => {
  test('finds nothing wrong where nothing is', () => {
    expect(found({})).toEqual([])
    expect(examineRunning(well).map(({ id }) => id)).toEqual([
      'db.integrity',
      'modem.ready',
      'signal.connected',
      'queue.backlog',
    ])
  })

  test.each<[Partial<ModemFacts>, string[]]>([
    [{ state: 'absent', reason: 'unplugged' }, ['modem.absent error']],
    // What holds its port is said of the port.
    [{ state: 'absent', reason: 'cannot lock port', openFailure: 'busy' }, []],
    [{ state: 'failed', recoveryExhausted: true }, ['modem.failed error', 'modem.recovery_exhausted error']],
    [{ simChangedAtMs: nowMs }, ['modem.sim_changed warning']],
    [{ state: 'no-sim' }, ['modem.no_sim error']],
    [{ state: 'sim-locked' }, ['modem.sim_pin error']],
    [{ state: 'sim-locked', simLock: { wants: 'pin' } }, ['modem.sim_pin error']],
    [{ state: 'sim-locked', simLock: { wants: 'puk' } }, ['modem.sim_puk error']],
    [{ state: 'sim-locked', simLock: { wants: 'puk', pukTriesLeft: 9 } }, ['modem.sim_puk error']],
    [{ state: 'searching', registration: 'searching' }, ['modem.not_registered warning']],
    [{ state: 'searching', registration: 'denied' }, ['modem.not_registered error']],
    [{ state: 'starting' }, ['modem.healing info']],
    [{ state: 'resyncing' }, ['modem.healing warning']],
    [{ state: 'failed', reason: 'three resets' }, ['modem.failed error']],
    [{ number: '+1', mms: { available: true, sendsOnly: true, missed: 0 } }, ['modem.mms_send_only warning']],
    [{ number: '+1', mms: { available: true, obstacle: 'no /dev/ppp', missed: 0 } }, ['modem.mms_bearer warning']],
    // Said once: what the last try failed by is what stands in the way.
    [
      { number: '+1', mms: { available: false, reason: 'bearer: no /dev/ppp', obstacle: 'no /dev/ppp', missed: 0 } },
      ['modem.mms_apn warning'],
    ],
    [{ signalDbm: -110 }, ['modem.low_signal warning']],
    [{ signalDbm: -105 }, []],
    [{ smsc: undefined }, ['modem.no_smsc warning']],
    [{ networks: { circuit: 'none', eps: 'home', ims: false } }, ['modem.no_ims warning']],
    [{ networks: { circuit: 'home', eps: 'home', ims: false } }, []],
    [{ networks: { circuit: 'none', eps: 'home', ims: undefined } }, []],
    [{ networks: { circuit: 'none', eps: 'home', ims: true } }, []],
    [{ reported: { texts: 10, recipients: 2, reports: 0 } }, ['modem.no_dlr info']],
    [{ reported: { texts: 9, recipients: 2, reports: 0 } }, []],
    [{ reported: { texts: 90, recipients: 1, reports: 0 } }, []],
    [{ reported: { texts: 90, recipients: 2, reports: 1 } }, []],
    [{ state: 'starting', reported: { texts: 90, recipients: 2, reports: 0 } }, ['modem.healing info']],
    [{ state: 'starting', smsc: undefined }, ['modem.healing info']],
    [{ storage: [{ memory: 'SM', used: 18, total: 20 }] }, ['modem.storage_full warning']],
    [{ storage: [{ memory: 'SM', used: 20, total: 20 }] }, ['modem.storage_full error']],
    [{ storage: [{ memory: 'SR', used: 0, total: 0 }] }, []],
  ])('modem %j: %j', (facts, expected) => {
    expect(found({ modems: [{ ...modem, ...facts }] })).toEqual(expected)
  })

  test.each<[string, string[]]>([
    ['none', ['signal.unregistered warning']],
    ['registering', ['signal.unregistered info']],
    ['connecting', ['signal.socket_down info']],
    ['disconnected', ['signal.socket_down warning']],
    ['challenged', ['signal.challenge error']],
    ['connected-elsewhere', ['signal.connected_elsewhere error']],
    ['signed-out', ['signal.signed_out error']],
    ['expired', ['signal.protocol_age error']],
  ])('Signal account %s: %j', (state, expected) => {
    expect(found({ signal: { state, reason: undefined, e164: undefined, warnings: [] } })).toEqual(expected)
  })

  test('what gives to think although Signal is connected is a finding of its own', () => {
    const words = { what: 'Idle.', fix: 'Open Signal.', values: {} }
    const warning = { code: 'signal.linked_idle.phone', severity: 'warning' as const, ...words }
    expect(
      found({ signal: { state: 'connected', reason: undefined, e164: undefined, warnings: [warning] } }),
    ).toContain('signal.linked_idle warning')
  })

  test('a SIM that wants its PUK has its own words, with the tries that are left where they are known', () => {
    const said = (pukTriesLeft?: number) => {
      const facts = { ...modem, state: 'sim-locked', simLock: { wants: 'puk' as const, pukTriesLeft } }
      const finding = examineRunning({ ...well, modems: [facts] }).find(({ id }) => id === 'modem.sim_puk')
      return [finding?.what, finding?.values, finding?.action]
    }
    expect(said(9)).toEqual([expect.stringContaining('tries left: 9'), { modem: 'kitchen', tries: 9 }, undefined])
    expect(said()).toEqual([expect.not.stringContaining('tries'), { modem: 'kitchen' }, undefined])
  })

  test('without Signal in use its account is no worry', () => {
    const signal = { state: 'none', reason: undefined, e164: undefined, warnings: [] }
    expect(found({ mode: 'sms_only', signal })).toEqual(['signal.unused info'])
  })

  test.each<[RunningFacts['waiting'], number | undefined, string[]]>([
    [[{ state: 'queued', count: 3 }], nowMs - 60_000, []],
    [[{ state: 'queued', count: 1 }], nowMs - 16 * 60_000, ['queue.stalled warning']],
    // What is paused, or waits for its hour, could not have left.
    [[{ state: 'queued', count: 1 }], undefined, []],
    [[{ state: 'queued', count: 101 }], nowMs, ['queue.backlog warning']],
    [[{ state: 'held', count: 2 }], undefined, ['queue.held warning']],
    [[{ state: 'uncertain', count: 1 }], undefined, ['queue.uncertain info']],
    [[{ state: 'scheduled', count: 9 }], undefined, []],
  ])('queue %j, since %j: %j', (waiting, waitingSinceMs, expected) => {
    expect(found({ waiting, waitingSinceMs })).toEqual(expected)
  })

  test('a component that fails is an error under its own id', () => {
    const components = [
      { component: 'database', status: 'fail', detail: 'malformed' },
      { component: 'queue', status: 'warn', detail: 'no connection' },
    ] as const
    expect(found({ components })).toEqual(['db.integrity error', 'queue.down warning'])
  })

  test('whatever is wrong comes with what to do, unless it passes by itself', () => {
    const states = ['absent', 'no-sim', 'sim-locked', 'searching', 'failed']
    const findings = states.flatMap((state) => examineRunning({ ...well, modems: [{ ...modem, state }] }))
    const worries = findings.filter(({ severity }) => severity === 'error' || severity === 'warning')
    expect(worries).toHaveLength(states.length)
    expect(worries.filter(({ fix }) => fix === undefined)).toEqual([])
  })
})
