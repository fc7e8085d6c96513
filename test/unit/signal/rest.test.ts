/** How long the service asks us to wait, in whichever form it says so. */
import { expect, test } from 'vitest'
import { type Fetcher, refusal, request } from '../../../src/signal/rest.ts'

const serverMs = Date.parse('Sun, 22 Nov 2026 12:00:00 GMT')

/** A server that refuses with these headers. */
function refusing(headers: readonly [string, string][]): Fetcher {
  return { fetch: async () => ({ status: 429, headers, body: undefined }) }
}

test.each<[string, [string, string][], number | undefined]>([
  ['seconds', [['Retry-After', '7']], 7_000],
  ['no seconds', [['retry-after', '0']], 0],
  [
    'a date, by the clock of the service',
    [
      ['retry-after', 'Sun, 22 Nov 2026 12:01:30 GMT'],
      ['x-signal-timestamp', String(serverMs)],
    ],
    90_000,
  ],
  [
    'a date, by the date of the answer',
    [
      ['retry-after', 'Sun, 22 Nov 2026 12:01:30 GMT'],
      ['Date', 'Sun, 22 Nov 2026 12:00:00 GMT'],
    ],
    90_000,
  ],
  [
    'a date that is over',
    [
      ['retry-after', 'Sun, 22 Nov 2026 11:00:00 GMT'],
      ['x-signal-timestamp', String(serverMs)],
    ],
    0,
  ],
  ['a date without the time of the server', [['retry-after', 'Sun, 22 Nov 2026 12:01:30 GMT']], undefined],
  ['nothing', [], undefined],
  ['no time at all', [['retry-after', 'soon']], undefined],
  [
    'half a second',
    [
      ['retry-after', '7.5'],
      ['x-signal-timestamp', String(serverMs)],
    ],
    undefined,
  ],
])('%s is the wait of the refusal', async (_what, headers, waitMs) => {
  const answer = await request(refusing(headers), 'GET', '/v1/anything')
  expect(answer.retryAfterMs).toBe(waitMs)
  const error = refusal('/v1/anything', answer)
  expect(error.code).toBe('signal-rate-limited')
  expect(error.retryAfterMs).toBe(waitMs)
})

test('a captcha that is asked for anywhere comes with its token, by which it is solved', () => {
  const json = { token: 'the-token', options: ['captcha'] }
  const answer = { status: 428, json, retryAfterMs: 60_000, serverTimeMs: undefined }
  expect(refusal('/v2/keys/somebody/*', answer)).toMatchObject({
    code: 'signal-challenge',
    retry: 'after-human',
    retryAfterMs: 60_000,
    cause: json,
  })
})
