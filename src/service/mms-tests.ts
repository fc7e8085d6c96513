/**
 * `causeway mms test`: one message from a modem's SIM to itself, step by step, on to its coming back as any other message
 * does. One test a modem at a time; the last one of each can be looked at, and is forgotten at a restart. Nothing is ever
 * sent twice: a test that fails is begun anew by a person.
 */
import { mmsSelfTest } from '../../modem/mms/self-test.ts'
import { type Clock, pause } from '../../modem/serial/surroundings.ts'
import { CausewayError } from '../domain/errors.ts'
import type { IdSource } from '../domain/ids.ts'
import type { MmsTestView } from '../http/modem-port.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import { announcedSince } from '../store/mms-notifications.ts'
import type { ModemLines, TestableLine } from './mms-lines.ts'

/** How long it may take to come back. Within a network this takes seconds, on a bad day a minute. */
const BACK_WITHIN_MS = 180_000
const LOOK_EVERY_MS = 500

export interface MmsTestsOptions {
  lines: Pick<ModemLines, 'testable'>
  db: Database
  ids: IdSource
  clock: Clock
  log: Log
}

type Running = { -readonly [Key in keyof MmsTestView]: MmsTestView[Key] } & { steps: MmsTestView['steps'][number][] }

export class MmsTests {
  readonly #options: MmsTestsOptions
  readonly #last = new Map<string, Running>()
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<void>>()

  constructor(options: MmsTestsOptions) {
    this.#options = options
  }

  /**
   * Begins one; `of` says how it goes. `modem` is an id. Errors: CausewayError `mms-not-set-up`, `mms-unreachable`,
   * `mms-own-number` (nobody to send it to), `mms-test-running`.
   */
  start(modem: string): MmsTestView {
    const { lines, ids, clock } = this.#options
    const line = lines.testable(modem)
    if (line === undefined) throw refused('mms-not-set-up', 'MMS is not set up for this modem (modems[].mms)')
    const { record, problem } = line
    if (problem !== undefined || record === undefined)
      throw refused('mms-unreachable', `Not now: ${problem ?? 'why is not known'}`)
    const { number } = line.modem.status()
    if (number === undefined) {
      throw refused('mms-own-number', 'The number of this SIM is not known: write it under modems[].number')
    }
    if (this.#last.get(modem)?.state === 'running') throw refused('mms-test-running', 'A test is under way already')
    const test: Running = { modem, number, carrier: record.id, state: 'running', steps: [], startedAtMs: clock.nowMs() }
    this.#last.set(modem, test)
    const run = this.#run(test, { ...line, record }, ids('mmt'))
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'a test of picture messages broke off')
        test.steps.push({
          step: 'pdu',
          ok: false,
          code: 'internal',
          detail: 'the gateway could not go on; its log says why',
        })
        test.state = 'failed'
      })
      .finally(() => this.#running.delete(run))
    this.#running.add(run)
    return test
  }

  /** The last one of this modem since the start. */
  of(modem: string): MmsTestView | undefined {
    return this.#last.get(modem)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running)
  }

  async #run(
    test: Running,
    line: TestableLine & { record: NonNullable<TestableLine['record']> },
    id: string,
  ): Promise<void> {
    const { way: exchange, record: carrier } = line
    const { signal } = this.#stopping
    const order = { exchange, carrier, number: test.number, transactionId: id, signal }
    for await (const step of mmsSelfTest(order)) test.steps.push(step)
    const sent = test.steps.at(-1)?.ok === true
    test.state = sent && (await this.#comesBack(test)) ? 'passed' : 'failed'
  }

  /** It is announced and fetched like any other. */
  async #comesBack({ modem, number, startedAtMs, steps }: Running): Promise<boolean> {
    const { db, clock } = this.#options
    const untilMs = clock.nowMs() + BACK_WITHIN_MS
    let isAnnounced = false
    while (clock.nowMs() < untilMs && !this.#stopping.signal.aborted) {
      const found = await announcedSince(db, { lane: modem, from: number, sinceMs: startedAtMs })
      if (found !== undefined && !isAnnounced) {
        isAnnounced = true
        steps.push({ step: 'push', ok: true, code: 'holds', detail: 'the carrier has announced it here' })
      }
      if (found?.state === 'fetched') {
        steps.push({
          step: 'fetch',
          ok: true,
          code: 'holds',
          detail: 'it is here: the conversation with your own number shows it',
        })
        return true
      }
      if (found !== undefined && found.state !== 'pushed') {
        const detail = found.reason ?? `it is ${found.state}`
        steps.push({ step: 'fetch', ok: false, code: found.code ?? 'later', detail })
        return false
      }
      await pause(clock, LOOK_EVERY_MS, this.#stopping.signal)
    }
    const within = `within ${BACK_WITHIN_MS / 60_000} minutes`
    steps.push(
      isAnnounced
        ? {
            step: 'fetch',
            ok: false,
            code: 'not-fetched',
            detail: `it was announced, and could not be fetched ${within}`,
          }
        : {
            step: 'push',
            ok: false,
            code: 'not-announced',
            detail: `the carrier took it and did not announce it here ${within}: does the modem hand over WAP pushes?`,
          },
    )
    return false
  }
}

function refused(code: string, words: string): CausewayError {
  return new CausewayError({ code, message: `${words}.`, retry: 'after-human' })
}
