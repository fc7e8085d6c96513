/**
 * A bearer inside of the modem: its own TCP socket, driven by AT commands on the port that text messages use, too. It
 * needs no privilege and no interface; nothing of it can leave by the machine's own ways. It is slow, and one connection
 * at a time is all there is.
 */
import type { Duplex } from 'node:stream'
import { AtError } from '../../at/result.ts'
import { type Clock, pause } from '../../serial/surroundings.ts'
import type { ApnSettings, SocketDialect } from './at-dialect.ts'
import { QUECTEL_SOCKETS } from './at-quectel.ts'
import { SIMCOM_SOCKETS } from './at-simcom.ts'
import { ModemSocket, type RunCommand } from './at-stream.ts'
import { type Bearer, BearerError, type BearerLease } from './bearer.ts'

/** Between two looks at whether something stands by now. */
const LOOK_EVERY_MS = 500

export interface ModemSocketOptions {
  /** Runs a command on the modem's channel, in its turn. Rejects with AtError. */
  readonly run: RunCommand
  /** What the modem says it is (AT+CGMI). */
  readonly manufacturer: string | undefined
  readonly apn: ApnSettings
  readonly clock: Clock
}

/** A bearer through the module's own TCP stack. Opening it rejects with BearerError. */
export function modemSocketBearer(options: ModemSocketOptions): Bearer {
  return { kind: 'modem-socket', open: (signal) => openContext(options, signal) }
}

function dialectOf(manufacturer: string | undefined): SocketDialect | undefined {
  const name = manufacturer?.toLowerCase() ?? ''
  if (name.includes('quectel')) return QUECTEL_SOCKETS
  // The A76xx calls itself INCORPORATED and nothing else.
  return name.includes('simcom') || name === 'incorporated' ? SIMCOM_SOCKETS : undefined
}

async function openContext(options: ModemSocketOptions, signal: AbortSignal): Promise<BearerLease> {
  const { run, apn, clock, manufacturer } = options
  const dialect = dialectOf(manufacturer)
  if (dialect === undefined) {
    throw new BearerError(
      'bearer',
      `nobody knows how ${manufacturer ?? 'this modem'} opens connections; use an interface`,
    )
  }
  try {
    for (const { command, mayFail } of dialect.activate(apn)) {
      await run(command).catch((error: unknown) => {
        if (!mayFail || !(error instanceof AtError) || error.kind === 'gone') throw error
      })
    }
    while (!(await run(dialect.isActive()))) {
      if (signal.aborted) throw new Error('it was called off')
      await pause(clock, LOOK_EVERY_MS, signal)
    }
  } catch (error) {
    throw new BearerError('bearer', `the modem does not open its data connection: ${wordsOf(error)}`, error)
  }
  return {
    label: `${manufacturer}, ${apn.apn}`,
    ownNetworks: [],
    resolve: async (name) => {
      try {
        return await run(dialect.resolve(name))
      } catch (error) {
        throw new BearerError('dns', `the modem finds no such name: ${wordsOf(error)}`, error)
      }
    },
    connect: (address, port, each) => connect(options, dialect, address, port, each),
    close: async () => {
      await run(dialect.deactivate()).catch(() => {})
    },
  }
}

async function connect(
  { run, clock }: ModemSocketOptions,
  dialect: SocketDialect,
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  // After a restart of the modem nothing stands any more, and nobody has said so.
  const stands = await run(dialect.isActive()).catch(() => false)
  if (!stands) throw new BearerError('bearer', 'the data connection of the modem has gone')
  try {
    await run(dialect.open(address, port))
    while ((await run(dialect.state())) !== 'connected') {
      await pause(clock, LOOK_EVERY_MS, signal)
      if (signal.aborted) throw new Error('it was not there in time')
    }
  } catch (error) {
    await run(dialect.close()).catch(() => {})
    throw new BearerError('connect', `no connection by the modem: ${wordsOf(error)}`, error)
  }
  return new ModemSocket(run, dialect, clock)
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it failed'
}
