/** The modem in the first hour: what is there and how it is, the PIN of its SIM, and a test text. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ModemJson, probe } from '../commands/modem.ts'
import { acceptedWords, askForLastTry, askPin, handIn, lockWords } from '../commands/modem-pin.ts'
import { type Address, call } from '../gateway.ts'
import type { MessageJson } from '../json.ts'
import { printable, state } from '../print.ts'
import { askText, askYes, choose, tell } from '../prompts.ts'
import type { StepOutcome } from './state.ts'

const LOOK_EVERY_MS = 500
/** How long a modem that was opened may take to find its network, before somebody is asked again. */
const READY_MAX_MS = 60_000
const REPORT_MAX_MS = 60_000
/** From here on nothing more becomes of a test text. */
const SETTLED: readonly string[] = ['delivered', 'read', 'failed', 'expired', 'canceled']

export async function setUpModem(gateway: Address): Promise<StepOutcome> {
  for (;;) {
    const modems = await list(gateway)
    for (const modem of modems) tell(words(modem))
    const ready = modems.find((modem) => modem.state === 'ready')
    if (ready !== undefined) {
      await testText(gateway, ready)
      return 'evident'
    }
    const locked = modems.find(({ sim_lock: lock }) => lock?.wants === 'pin')
    if (locked !== undefined) await openSim(gateway, locked)
    else if (!(await lookAgain(gateway, modems))) return 'skip'
  }
}

async function list(gateway: Address): Promise<readonly ModemJson[]> {
  return (await call<{ data: ModemJson[] }>(gateway, 'GET', '/api/v1/modems')).data
}

function words(modem: ModemJson): string {
  const name = modem.label ?? modem.id
  const lock = modem.sim_lock === null ? '' : `\n${lockWords(modem.sim_lock)}`
  if (modem.state !== 'ready') return `${name}: ${printable(modem.reason ?? modem.state)}${lock}`
  const strength = modem.signal_dbm === null ? '' : `, ${modem.signal_dbm} dBm`
  return `${name}: ready, ${printable(modem.operator ?? modem.registration)}${strength}, ${modem.number ?? 'number not known'}`
}

async function openSim(gateway: Address, { id, sim_lock: lock }: ModemJson): Promise<void> {
  if (lock === null) return
  const lastTry = await askForLastTry(lock)
  if (lastTry === undefined) return
  const digits = await askPin()
  const remember = await askYes('Remember it, encrypted, for this SIM alone?', true)
  const wishes = { lastTry, remember }
  tell(acceptedWords(await handIn(gateway, id, digits, wishes), wishes))
  await until(READY_MAX_MS, async () =>
    (await list(gateway)).some((modem) => modem.id === id && modem.state === 'ready'),
  )
}

/** False: rather not now. */
async function lookAgain(gateway: Address, modems: readonly ModemJson[]): Promise<boolean> {
  const answer = await choose<'again' | 'probe' | 'skip'>(
    modems.length === 0 ? 'No modem is in the configuration' : 'No modem is ready yet',
    [
      { value: 'again', label: 'Look again' },
      { value: 'probe', label: 'Ask the serial ports of the gateway’s machine', hint: 'for modems[].port or imei' },
      { value: 'skip', label: 'Skip it' },
    ],
  )
  if (answer === 'probe')
    await probe('socketPath' in gateway ? { socket: gateway.socketPath } : addressOptions(gateway))
  return answer !== 'skip'
}

function addressOptions({ url, token }: { url: URL; token: string | undefined }) {
  return token === undefined ? { url: url.href } : { url: url.href, token }
}

async function testText(gateway: Address, modem: ModemJson): Promise<void> {
  const price = modem.texts?.cost_per_part ?? null
  const cost = price === null ? 'what the plan of its SIM says' : `${price}, by the configuration`
  if (!(await askYes(`Send a test text? It costs ${cost}.`, true))) return
  const to = await askText('To (its own number, or any other)', { initial: modem.number ?? '' })
  const body = { to: to.replace(/[\s()-]/g, ''), text: 'A test from Causeway: this modem sends.', policy: 'sms_only' }
  const { id } = await call<MessageJson>(gateway, 'POST', '/api/v1/messages', body)
  const look = () => call<MessageJson>(gateway, 'GET', `/api/v1/messages/${id}`)
  await until(REPORT_MAX_MS, async () => ['sent', ...SETTLED].includes((await look()).status))
  const last = await look()
  tell(`Test text: ${state(last)}${last.reason == null ? '' : `, ${printable(last.reason)}`}`)
}

/** Looks often; whether it came to be in time. */
async function until(limitMs: number, holds: () => Promise<boolean>): Promise<boolean> {
  const endMs = performance.now() + limitMs
  while (performance.now() < endMs) {
    if (await holds()) return true
    await sleep(LOOK_EVERY_MS)
  }
  return false
}
