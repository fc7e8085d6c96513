/** What a refused request answered, in the language of the screen, with the figures that came with it. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

interface Client {
  problemOf: (status: number, body: unknown) => Error & { said: string | undefined }
}
interface Translating {
  speak: (language: string) => Promise<void>
}

/** Code of the browser: types of its own, so it is not read with these. */
const INBOX = '../../../src/inbox'

let client: Client
let words: Translating

beforeAll(async () => {
  const links = ['de', 'en', 'ar'].map((hreflang) => ({ hreflang, href: `${hreflang}.json` }))
  vi.stubGlobal('document', { querySelectorAll: () => links, documentElement: {} })
  vi.stubGlobal('fetch', async (name: string) => new Response(readFileSync(`src/inbox/languages/${name}`)))
  client = (await import(`${INBOX}/api/client.ts`)) as Client
  words = (await import(`${INBOX}/languages/translate.ts`)) as Translating
  await words.speak('de')
})
afterAll(() => vi.unstubAllGlobals())

const said = (body: unknown) => client.problemOf(422, body).message
const ASK = 'So kann das Gateway es nicht annehmen. Prüfen Sie Ihre Eingabe und versuchen Sie es noch einmal.'

describe('where German is read', () => {
  it.each<[string, object, string]>([
    [
      'a size',
      { code: 'media-too-large', values: { bytes_max: 100_000_000 } },
      'Diese Datei ist zu groß: Angenommen werden höchstens 100 MB. Nehmen Sie eine kleinere.',
    ],
    [
      'a number',
      { code: 'group-words', values: { title_max: 32, description_max: 1_480 } },
      'Eine Gruppe braucht einen Namen von höchstens 32 Zeichen, und ihre Beschreibung hat höchstens 1.480.',
    ],
    [
      'a name',
      { code: 'user-exists', values: { name: 'Ida' } },
      'Jemanden namens Ida gibt es schon. Wählen Sie einen anderen Namen.',
    ],
    [
      'a span',
      { code: 'too-slow', values: { after: 'PT30S' } },
      'Die Anfrage kam nicht binnen 30 Sekunden an. Prüfen Sie das Netz und versuchen Sie es noch einmal.',
    ],
    [
      'what is left',
      { code: 'signal-pin-wrong', values: { left: 1 } },
      'Das ist nicht die PIN des Kontos. 1 Versuch bleibt; dann löscht Signal, was sie schützt.',
    ],
    [
      'seconds to wait',
      { code: 'too-many-tries', retry_after: 12 },
      'Zu viele falsche Versuche. Warten Sie, bevor Sie es noch einmal versuchen. Wieder möglich in 12 Sekunden.',
    ],
    [
      'minutes to wait',
      { code: 'too-many-tries', retry_after: 90 },
      'Zu viele falsche Versuche. Warten Sie, bevor Sie es noch einmal versuchen. Wieder möglich in 2 Minuten.',
    ],
  ])('a refusal says %s', (_what, body, sentence) => {
    expect(said({ detail: 'English words.', ...body })).toBe(sentence)
    expect(client.problemOf(422, { detail: 'English words.', ...body }).said).toBe('English words.')
  })

  it.each<[string, object[], string]>([
    [
      'the first that has words',
      [{ code: 'custom' }, { code: 'too-small', values: { min: 10, of: 'string' } }],
      'Etwas ist zu kurz: Es hat mindestens 10 Zeichen.',
    ],
    [
      'too many',
      [{ code: 'too-big', values: { max: 32, of: 'array' } }],
      'Das sind zu viele: höchstens 32 auf einmal.',
    ],
    ['none that has words', [{ code: 'invalid-type' }], ASK],
  ])('a fault of what was entered is told: %s', (_what, errors, sentence) => {
    expect(said({ code: 'invalid-request', errors })).toBe(sentence)
  })

  it('a refusal without figures has its sentence without', () => {
    expect(said({ code: 'media-too-large', values: {} })).toBe('Diese Datei ist zu groß. Nehmen Sie eine kleinere.')
    expect(said({ code: 'media-too-large' })).toBe('Diese Datei ist zu groß. Nehmen Sie eine kleinere.')
  })

  it.each([
    undefined,
    null,
    'words',
    5,
    [],
    { code: 5 },
    { code: 'invalid-request', errors: [null, 5, { code: null }] },
    { code: 'invalid-request', values: null, errors: 'x' },
  ])('whatever else may answer does no harm: %j', (body) => {
    expect(said(body)).toMatch(/^(So kann|Das Gateway)/)
  })
})

it('where English is read, the gateway’s own words stand', async () => {
  await words.speak('en')
  expect(said({ code: 'user-exists', detail: 'There is somebody.', values: { name: 'Ida' } })).toBe(
    'There is somebody.',
  )
})
