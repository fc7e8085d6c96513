/** How long a submission takes, on a clock that is turned by hand. */
import { expect, test } from 'vitest'
import { HandClock } from './handclock.ts'
import { Terminal } from './terminal.ts'
import { BEN, newModem, newNetwork, submitHex } from './world.ts'

const STEP_MS = 50

/** Milliseconds of the clock from the body to the result. */
async function submissionMs(clock: HandClock, terminal: Terminal): Promise<number> {
  const startMs = clock.nowMs()
  let isDone = false
  const answer = terminal.submit(submitHex(BEN, 'hello')).then((lines) => {
    isDone = true
    return lines
  })
  // Let the prompt and the body pass before the hands turn.
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  while (!isDone) await clock.advance(STEP_MS)
  expect((await answer).at(-1)).toBe('OK')
  return clock.nowMs() - startMs
}

async function terminalWith(timing: 'zero' | 'realistic' | { factor: number }) {
  const clock = new HandClock()
  const modem = newModem(newNetwork({ clock }), { clock, timing })
  const terminal = new Terminal(modem.connect())
  await terminal.command('ATE0')
  return { clock, terminal }
}

test.each([
  ['realistic' as const, 3_000, 1_600],
  [{ factor: 0.5 }, 1_500, 800],
])('%o: so long a message, less while the link is held', async (timing, aloneMs, linkedMs) => {
  const { clock, terminal } = await terminalWith(timing)
  expect(await submissionMs(clock, terminal)).toBe(aloneMs)
  expect(await submissionMs(clock, terminal)).toBe(aloneMs)
  await terminal.command('AT+CMMS=2')
  expect(await submissionMs(clock, terminal)).toBe(linkedMs)
  expect(await submissionMs(clock, terminal)).toBe(linkedMs)
  await clock.advance(6_000)
  expect(await submissionMs(clock, terminal)).toBe(aloneMs)
  await terminal.command('AT+CMMS=0')
  expect(await submissionMs(clock, terminal)).toBe(aloneMs)
})

test('zero: no time at all', async () => {
  const { clock, terminal } = await terminalWith('zero')
  const startMs = clock.nowMs()
  expect((await terminal.submit(submitHex(BEN, 'hello'))).at(-1)).toBe('OK')
  expect(clock.nowMs()).toBe(startMs)
})
