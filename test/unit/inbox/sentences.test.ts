import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GROUP_LINE_CODES } from '../../../src/domain/group-line.ts'
import { INCOMING_STATES } from '../../../src/domain/mms-incoming.ts'
import { LANE_CODES } from '../../../src/domain/transport.ts'
import english from '../../../src/inbox/languages/en.json' with { type: 'json' }
import { type ReasonKind, sentenceKeys } from '../../../src/inbox/languages/reason-names.ts'
import { CALL_CODES } from '../../../src/routing/notices.ts'
import { codesAfter, keysOfTable, membersOf, thrownCodes } from './codes.ts'

const without = (codes: Iterable<string>, kind: ReasonKind) =>
  [...new Set(codes)].filter((code) => !sentenceKeys(code, kind).some((key) => key in english))

const keys = (place: string, names: readonly string[]) =>
  names.map((name) => `${place}.${name}`).filter((key) => !(key in english))

/** What nobody can come by in the inbox; a code that is missing here wants a sentence. */
const NOT_ON_A_SCREEN: Readonly<Record<string, string>> = {
  'a start that fails, and `causeway restore`':
    'config-listen db-key db-migration db-sync key-file-missing key-file-invalid key-file-open redis-missing redis-failed redis-in-use backup-damaged backup-missing backup-not-one backup-version backup-wrong-key recovery-key-invalid restore-gateway-running restore-key-file restore-not-empty restore-second-copy',
  'what the inbox does not ask for':
    'at-error ussd-busy ussd-canceled ussd-interrupted ussd-no-session ussd-refused ussd-timeout',
  'faults of programs':
    'invalid-cursor method-not-allowed merged malformed-json malformed-utf8 malformed-form malformed-address malformed-encoding no-such-range range-outside too-many-streams',
}

/** Which other test here looks for their sentence. */
const BY_OTHERS: Readonly<Record<string, string>> = {
  timeout: 'a webhook',
  'db-copy': 'a backup',
  'backup-folder': 'a backup',
}

const SPARED = [...Object.values(NOT_ON_A_SCREEN).flatMap((codes) => codes.split(' ')), ...Object.keys(BY_OTHERS)]
const isSpared = (code: string) => SPARED.includes(code)

describe('there is a sentence in the catalogues', () => {
  it('for every refusal that somebody can come by in the inbox', () => {
    const thrown = thrownCodes(
      ['http', 'routing', 'signal', 'store', 'transports', 'service', 'backup', 'media', 'domain'].map(
        (folder) => `src/${folder}`,
      ),
    )
    const known = ['STATUS_BY_CODE', 'FIELDS_BY_CODE'].flatMap((table) => keysOfTable('src/http/problem.ts', table))
    expect(known.length).toBeGreaterThan(80)
    for (const code of ['wrong-state', 'group-words', 'no-session', 'last-admin', 'edit-too-late', 'signal-pin-wrong'])
      expect(thrown).toContain(code)
    const missing = without([...thrown, ...known], 'problem')
    expect(missing.filter((code) => !isSpared(code))).toEqual([])
    // Whoever is spared has no sentence, and is no code of before.
    expect(SPARED.filter((code) => !missing.includes(code))).toEqual([])
  })

  it('for whatever a registration or a linking fails by', () => {
    const codes = codesAfter('src/signal/enroll-failures.ts', '\\bcode:')
    expect(codes).toContain('signal-code-not-deliverable')
    expect(without([...codes, ...thrownCodes(['src/signal'])], 'problem')).toEqual([])
  })

  it('for every warning about an account that works', () => {
    const source = readFileSync('src/signal/warnings.ts', 'utf8')
    const codes = [...source.matchAll(/'(signal\.[a-z_]+)'/g)].map(([, code = '']) => code)
    expect(codes).toContain('signal.clock_skew')
    expect(keys('warn', codes)).toEqual([])
  })

  it('for every reason why nothing goes through a modem, and why it was helped', () => {
    expect(keys('texts.why', LANE_CODES)).toEqual([])
    const troubles = membersOf('modem/contract.ts', 'Trouble')
    expect(troubles).toContain('not-replugged')
    expect(keys('heal.why', troubles)).toEqual([])
    expect(keys('heal', membersOf('modem/contract.ts', 'RecoveryStep'))).toEqual([])
  })

  it('for whatever is found at a port', () => {
    const results = codesAfter('modem/discovery.ts', '\\bresult:')
    expect(results).toContain('skipped')
    expect(keys('port.is', results)).toEqual([])
  })

  it('for every reason why picture messages do not work, and every end of their test', () => {
    const steps = membersOf('modem/mms/exchange.ts', 'MmsStep')
    expect(steps).toContain('bearer')
    const codes = [
      ...membersOf('src/service/mms-carriers.ts', 'OpenCode'),
      ...codesAfter('src/service/mms-lines.ts', '\\bcode:'),
      ...steps.map((step) => `unreachable-${step}`),
      ...codesAfter('modem/mms/self-test.ts', "failed\\(\\s*'[a-z]+',"),
      ...codesAfter('modem/mms/self-test.ts', '\\bcode:'),
      ...codesAfter('src/service/mms-tests.ts', '\\bcode:'),
      'http-500',
      'mms-e2',
    ]
    for (const code of ['carrier-several', 'modem-not-ready', 'no-confirmation', 'holds', 'not-announced'])
      expect(codes).toContain(code)
    expect(
      keys(
        'mms.why',
        codes.filter((code) => !/\d/.test(code) && code !== 'internal'),
      ),
    ).toEqual([])
    expect(without(codes, 'mms.why')).toEqual([])
  })

  it('for every reason why a file or a picture message that came is not here', () => {
    const codes = [
      ...codesAfter('src/transports/mms-results.ts', "missed\\('[a-z-]+',"),
      ...codesAfter('src/transports/mms-pushes.ts', '\\bcode:'),
      ...codesAfter('src/transports/mms-pushes.ts', '\\btold\\('),
      ...codesAfter('src/transports/mms-words.ts', '_CODE ='),
      ...codesAfter('src/store/attachments.ts', '\\bcode:'),
      ...codesAfter('src/routing/media.ts', '\\bcode:'),
      ...codesAfter('src/routing/removing-files.ts', '\\bcode:'),
      ...thrownCodes(['src/signal']),
    ]
    for (const code of [
      'portal',
      'deferred',
      'taken-back',
      'removed',
      'never-opened',
      'signal-attachment',
      'mms-sends-only',
    ])
      expect(codes).toContain(code)
    expect(without(codes, 'file.why')).toEqual([])
    expect(keys('picture.is', INCOMING_STATES)).toEqual([])
  })

  it('for whatever a delivery to a webhook meets', () => {
    const words = keysOfTable('src/http/webhooks/post.ts', 'WORDS').map((code) =>
      code.toLowerCase().replaceAll('_', '-'),
    )
    expect(words).toContain('econnrefused')
    const codes = [
      ...words,
      ...codesAfter('src/http/webhooks/post.ts', 'failed\\('),
      ...codesAfter('src/http/webhooks/post.ts', '\\bcode:'),
      ...codesAfter('src/http/webhooks/worker.ts', '\\bcode:'),
      ...codesAfter('src/store/webhook-deliveries.ts', 'disable\\(\\s*tx,\\s*id,'),
      ...thrownCodes(['src/http/webhooks']),
      'http-503',
    ]
    for (const code of ['timeout', 'gone', 'redirect', 'backlog', 'event-pruned', 'webhook-url'])
      expect(codes).toContain(code)
    expect(without(codes, 'hook.why')).toEqual([])
  })

  it('for whatever a backup fails by', () => {
    const codes = [
      ...thrownCodes(['src/backup']),
      ...codesAfter('src/backup/desk.ts', 'error.code :'),
      ...codesAfter('src/store/backups.ts', 'ended_at_ms: nowMs, code:'),
    ].filter((code) => !isSpared(code) || code in BY_OTHERS)
    for (const code of ['backup-failed', 'backup-interrupted', 'backup-folder', 'storage-full'])
      expect(codes).toContain(code)
    expect(without(codes, 'backup.why')).toEqual([])
  })

  it('for every line about a group, every call, and whoever calls without a number', () => {
    expect(keys('line', GROUP_LINE_CODES)).toEqual([])
    const source = readFileSync('src/routing/notices.ts', 'utf8')
    expect(keys('call', CALL_CODES)).toEqual([])
    const nobody = [...source.matchAll(/\bsender(?:: |.*: )'([A-Z][a-z ]+)'/g)].map(([, sender = '']) => sender)
    expect(nobody).toHaveLength(3)
    expect(keys('sender', nobody)).toEqual([])
  })
})
