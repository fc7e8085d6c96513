/**
 * Experimental: an exchange with the MMSC that the module does by itself, with its own MMS commands. It sends messages and
 * nothing else. Fetching does not fit: SIMCom's CMMSRECV wants the index of a push that the module has swallowed, and our
 * notification would never have come; Quectel's commands do not receive. So `retrieve` and answers say that they are
 * beyond it, and a module whose client takes the pushes away must have that switched off.
 *
 * The confirmation is made here from the module's word: a status, no Message-ID, so that no report will ever match.
 */
import type { AtCommand } from '../../at/command.ts'
import { AtError } from '../../at/result.ts'
import type { ApnSettings } from '../bearer/at-dialect.ts'
import type { RunCommand } from '../bearer/at-stream.ts'
import type { CarrierRecord } from '../carrier.ts'
import { encodePdu } from '../encode.ts'
import { MmsError } from '../error.ts'
import type { MmscAnswer, MmsExchange } from '../exchange.ts'
import { decodePdu } from '../pdu.ts'
import type { EmbeddedDialect, EmbeddedStep } from './dialect.ts'
import { type EmbeddedMessage, embeddedMessageOf } from './message.ts'
import { QUECTEL_MMS } from './quectel.ts'
import { SIMCOM_MMS } from './simcom.ts'

/** Why nothing is fetched, for the owner. */
export const SENDS_ONLY = 'the module’s own MMS commands (bearer embedded) send and fetch nothing: use another bearer'

const RESPONSE_OK = 0x80
const RESPONSE_PERMANENT_FAILURE = 0xe0
const HTTP_OK = 200

export interface EmbeddedExchangeOptions {
  /** Runs a command on the modem's channel, in its turn. Rejects with AtError. */
  readonly run: RunCommand
  /** What the modem says it is (AT+CGMI). */
  readonly manufacturer: string | undefined
  readonly carrier: Pick<CarrierRecord, 'apn' | 'auth' | 'user' | 'password' | 'mmsc' | 'proxy'>
}

/** The commands of a maker's modules; undefined where nobody knows any. */
export function embeddedDialectOf(manufacturer: string | undefined): EmbeddedDialect | undefined {
  const name = manufacturer?.toLowerCase() ?? ''
  if (name.includes('quectel')) return QUECTEL_MMS
  return name.includes('simcom') ? SIMCOM_MMS : undefined
}

/** One message at a time; others wait. Never rejects. */
export function createEmbeddedExchange(options: EmbeddedExchangeOptions): MmsExchange {
  let last: Promise<unknown> = Promise.resolve()
  return {
    retrieve: () => Promise.resolve(beforeSending(SENDS_ONLY)),
    submit: ({ pdu }, signal) => {
      const turn = last.then(() =>
        signal?.aborted ? beforeSending('it was called off') : submit(options, pdu, signal),
      )
      last = turn
      return turn
    },
  }
}

async function submit(options: EmbeddedExchangeOptions, octets: Uint8Array, signal?: AbortSignal): Promise<MmscAnswer> {
  const dialect = embeddedDialectOf(options.manufacturer)
  if (dialect === undefined) {
    return beforeSending(`nobody knows MMS commands of ${options.manufacturer ?? 'this modem'}: use another bearer`)
  }
  try {
    const pdu = decodePdu(octets)
    const fit = embeddedMessageOf(pdu, dialect.limits)
    if ('message' in fit) return await carried(options, dialect, fit.message, signal)
    // What is no message has nobody who waits for a confirmation.
    if (pdu.type !== 'm-send-req') return beforeSending(fit.refusal.reason)
    return confirmation(pdu.transactionId, RESPONSE_PERMANENT_FAILURE, fit.refusal.reason)
  } catch (error) {
    if (!(error instanceof MmsError)) throw error
    return beforeSending(`what is to be sent is no message: ${error.message}`)
  }
}

async function carried(
  { run: runPlainly, carrier }: EmbeddedExchangeOptions,
  dialect: EmbeddedDialect,
  message: EmbeddedMessage,
  signal: AbortSignal | undefined,
): Promise<MmscAnswer> {
  // A client inside of the module that hangs is no sign that the module does.
  const run: RunCommand = (command) => runPlainly({ ...command, unjudged: true })
  const apn: ApnSettings = {
    apn: carrier.apn,
    auth: carrier.auth,
    user: carrier.user ?? '',
    password: carrier.password ?? '',
  }
  try {
    await run(dialect.probe())
  } catch (error) {
    return beforeSending(`this firmware has no MMS commands (${wordsOf(error)}): use another bearer`)
  }
  try {
    const steps = [...dialect.prepare({ apn, mmsc: carrier.mmsc, proxy: carrier.proxy }), ...dialect.compose(message)]
    for (const step of steps) {
      if (signal?.aborted) return beforeSending('it was called off')
      await carryOut(run, step)
    }
    return await sent(run, dialect.send(), message)
  } catch (error) {
    return beforeSending(`the module does not take the message: ${wordsOf(error)}`)
  } finally {
    for (const step of dialect.clear()) await carryOut(run, step).catch(() => {})
  }
}

/** From here on the message may have left, whatever is said. */
async function sent(
  run: RunCommand,
  command: AtCommand<number | undefined>,
  { transactionId }: EmbeddedMessage,
): Promise<MmscAnswer> {
  try {
    const status = (await run(command)) ?? HTTP_OK
    return status === HTTP_OK ? confirmation(transactionId, RESPONSE_OK) : { kind: 'status', status }
  } catch (error) {
    // It was still in the queue: a restart of the modem, a port that has gone.
    const bodySent = !(error instanceof AtError && error.stage === 'queued')
    return {
      kind: 'unreachable',
      step: 'http',
      bodySent,
      reason: `the module does not say that it sent: ${wordsOf(error)}`,
    }
  }
}

async function carryOut(run: RunCommand, { command, mayFail }: EmbeddedStep): Promise<void> {
  await run(command).catch((error: unknown) => {
    const isRefusal = error instanceof AtError && error.kind !== 'gone' && error.kind !== 'reset'
    if (!mayFail || !isRefusal) throw error
  })
}

function confirmation(transactionId: string, responseStatus: number, text?: string): MmscAnswer {
  const head = { type: 'm-send-conf', transactionId, version: '1.2', responseStatus } as const
  const said = text === undefined ? {} : { responseText: { text, charset: 106 } }
  return { kind: 'pdu', octets: encodePdu({ ...head, ...said }) }
}

function beforeSending(reason: string): MmscAnswer {
  return { kind: 'unreachable', step: 'bearer', bodySent: false, reason }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it failed'
}
