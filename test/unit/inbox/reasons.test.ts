import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorClass } from '../../../modem/at/result.ts'
import { planRoute, type RouteFacts, type TransportFact } from '../../../src/domain/route.ts'
import english from '../../../src/inbox/languages/en.json' with { type: 'json' }
import { sentencesOf } from '../../../src/inbox/languages/reason-names.ts'

const hasSentence = (code: string) => sentencesOf(code).some((name) => `why.${name}` in english)
const without = (codes: Iterable<string>) => [...new Set(codes)].filter((code) => !hasSentence(code))

/** All combinations of one value of each. */
function product<T extends object>(choices: { readonly [K in keyof T]: readonly T[K][] }): T[] {
  return Object.entries(choices).reduce<object[]>(
    (before, [key, values]) =>
      (values as unknown[]).flatMap((value) => before.map((one) => ({ ...one, [key]: value }))),
    [{}],
  ) as T[]
}

const OPEN: TransportFact = { kind: 'available' }
const GONE: TransportFact = { kind: 'absent' }
const NOT_ON_SIGNAL = { code: 'not-on-signal', reason: 'left' }
const YES_NO = [false, true] as const

/** Every situation in which the rule book gives another answer. */
const PEOPLE = product<RouteFacts['contact']>({
  textable: YES_NO,
  signalable: YES_NO,
  standing: ['unknown', 'registered', 'not-registered', 'stale'],
  verified: [false],
  identityChanged: YES_NO,
  numbers: [undefined as never, 'together', 'apart'],
})
const SITUATIONS = product<Omit<RouteFacts, 'contact' | 'textApproved' | 'silent' | 'fallbackAfterMs' | 'ratherMms'>>({
  mode: ['integrated', 'data_only', 'sms_only'],
  policy: ['auto', 'signal_only', 'sms_only'],
  encryptedOnly: [undefined, 'it disappears'],
  flash: YES_NO,
  hasMedia: YES_NO,
  signal: [OPEN, GONE],
  sms: [OPEN, GONE],
  mms: [OPEN, GONE],
  refused: [{}, { signal: NOT_ON_SIGNAL }],
})

function codesOfPlans(): Set<string> {
  const rest = { textApproved: false, silent: undefined, fallbackAfterMs: 900_000 }
  const codes = new Set<string>()
  for (const situation of SITUATIONS) {
    for (const contact of PEOPLE) {
      const plan = planRoute({ ...situation, contact, ...rest })
      for (const { code } of plan.kind === 'legs' ? plan.legs : [plan]) codes.add(code)
    }
  }
  return codes
}

/** The codes that a file's source gives away, but for those in errors that answer a request. */
function codesIn(path: string, { thrown }: { thrown: boolean }): string[] {
  const source = readFileSync(path, 'utf8')
  const answers = thrown ? source : source.replace(/throw new CausewayError\(\{[^}]*\}/g, '')
  const named = [...answers.matchAll(/\bcode: '([a-z-]+)'/g)].map(([, code = '']) => code)
  const constants = [...answers.matchAll(/^export const [A-Z_]+ = '([a-z]+-[a-z-]+)'$/gm)].map(([, code = '']) => code)
  return [...named, ...constants]
}

describe('there is a sentence in the catalogues for every code', () => {
  it('that the rule book gives', () => {
    const codes = codesOfPlans()
    for (const code of ['encrypted-first', 'no-receipt', 'no-transport', 'media-needs-mms'])
      expect(codes).toContain(code)
    expect(without(codes)).toEqual([])
  })

  it('with which routing moves a message', () => {
    const paths = readdirSync('src/routing').map((name) => `src/routing/${name}`)
    const movers = paths.filter((path) => /moveMessage\(/.test(readFileSync(path, 'utf8')))
    expect(movers.length).toBeGreaterThan(5)
    const codes = movers.flatMap((path) => codesIn(path, { thrown: false }))
    expect(codes).toContain('undelivered')
    expect(codes).toContain('validity-expired')
    expect(without(codes)).toEqual([])
  })

  it('with which a transport refuses a message, or what Signal answers to one', () => {
    const codes = ['src/transports/sms.ts', 'src/transports/mms.ts', 'src/domain/mms-outgoing.ts'].flatMap((path) =>
      codesIn(path, { thrown: true }),
    )
    const signal = [...readFileSync('src/signal/errors.ts', 'utf8').matchAll(/^ {2}'([a-z-]+)': \[/gm)]
    expect(signal.length).toBeGreaterThan(6)
    expect(codes).toContain('text-too-long')
    expect(without([...codes, ...signal.map(([, code = '']) => code)])).toEqual([])
  })

  it('that a modem can refuse with, and one that fits what the code asks of the owner', () => {
    const wanted: Partial<Record<ReturnType<typeof errorClass>, readonly string[]>> = {
      sim: ['sim'],
      storage: ['storage'],
      transient: ['network-now', 'phone-away'],
      'not-ready': ['modem-unavailable'],
    }
    const wrong: string[] = []
    for (const family of ['cms', 'cme']) {
      for (let number = 0; number < 1_000; number++) {
        const code = `${family}-${number}`
        if (!hasSentence(code)) wrong.push(code)
        const [closest = ''] = sentencesOf(code)
        const sentences = wanted[errorClass(code)]
        const isOther = Object.values(wanted).some((others) => others?.includes(closest))
        if (sentences === undefined ? isOther : !sentences.includes(closest)) wrong.push(code)
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('there is a sentence for every state', () => {
  it.each([
    ['modem/contract.ts', 'ModemState', 'modem.is', 'ready'],
    ['src/signal/contract.ts', 'SignalState', 'signal.is', 'connected'],
  ])('of %s, %s, but for that in which all is well', (path, type, prefix, well) => {
    const union = readFileSync(path, 'utf8').split(`export type ${type} =`)[1]?.split('\n\n')[0] ?? ''
    const states = [...union.matchAll(/\| '([a-z-]+)'/g)].map(([, state = '']) => state)
    expect(states).toContain(well)
    expect(states.filter((state) => state !== well && !(`${prefix}.${state}` in english))).toEqual([])
  })
})

describe('a code', () => {
  it.each([
    ['no-receipt', ['no-receipt']],
    ['cms-38', ['network-now', 'cms']],
    ['cme-999', ['cme-999', 'cms']],
    ['mms-eb', ['mms-eb', 'mms']],
    ['error', ['cms']],
  ])('%s looks for the closest sentence first', (code, names) => {
    expect(sentencesOf(code)).toEqual(names)
  })
})
