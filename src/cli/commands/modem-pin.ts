/** `causeway modem pin`: hands in the PIN of a SIM while a modem waits for it. The PIN is never a word of the command. */
import { EXIT, ExitError } from '../exit.ts'
import { type Address, call, findGateway, type GatewayOptions } from '../gateway.ts'
import { json, line, printable } from '../print.ts'
import { askSecret, askYes, firstLine, isTerminal } from '../prompts.ts'
import { pick, type SimLockJson } from './modem.ts'

interface PinOptions extends GatewayOptions {
  json?: boolean
  lastTry?: boolean
  remember?: boolean
  forget?: boolean
}

/** What is asked of a person here, or known already. */
export interface PinWishes {
  lastTry: boolean
  remember: boolean
}

interface AcceptedJson {
  remembered: boolean
  modem: { state: string }
}

/** Undefined: the only modem there is. */
export async function pin(which: string | undefined, options: PinOptions): Promise<void> {
  const gateway = await findGateway(options)
  const modem = await pick(gateway, which)
  if (options.forget === true) {
    await call(gateway, 'DELETE', pathOf(modem.id))
    if (options.json === true) json({ forgotten: true })
    else line('No PIN is kept for the SIM in it.')
    return
  }
  const lock = modem.sim_lock
  if (lock === null)
    throw new ExitError(EXIT.failed, `It does not wait for a PIN: ${printable(modem.reason ?? modem.state)}.`)
  const remember = options.remember === true
  const isAsked = isTerminal()
  if (isAsked) line(lockWords(lock))
  const lastTry = options.lastTry === true || (isAsked && (await askForLastTry(lock)))
  if (lastTry === undefined) throw new ExitError(EXIT.failed, 'Nothing was done.')
  const digits = isAsked ? await askPin() : await firstLine('the PIN')
  const wishes = { lastTry, remember }
  const accepted = await handIn(gateway, modem.id, digits, wishes)
  if (options.json === true) json(accepted)
  else line(acceptedWords(accepted, wishes))
}

/** Errors as `call`. */
export async function handIn(gateway: Address, id: string, digits: string, wishes: PinWishes): Promise<AcceptedJson> {
  const body = { pin: digits, last_try: wishes.lastTry, remember: wishes.remember }
  return call<AcceptedJson>(gateway, 'POST', pathOf(id), body)
}

/** At the terminal, without an echo. */
export async function askPin(): Promise<string> {
  return askSecret('PIN of the SIM', (answer) => (/^\d{4,8}$/.test(answer) ? undefined : 'Four to eight digits.'))
}

/** The owner's word for the last try; false where it is not needed. Undefined: rather not. */
export async function askForLastTry({ tries_left: left }: SimLockJson): Promise<boolean | undefined> {
  if (left === null || left > 1) return false
  const isSure = await askYes(
    'This is the last try. If it is wrong, the SIM is blocked until its PUK is entered in a phone. Enter it?',
    false,
  )
  return isSure ? true : undefined
}

export function lockWords({ wants, tries_left: left, tries_told: isTold }: SimLockJson): string {
  if (wants === 'puk')
    return 'The SIM is blocked and wants its PUK: put it into a phone, enter the PUK there, put it back.'
  if (wants === 'other') return 'The modem wants another code than the PIN of its SIM: unlock it by hand.'
  if (left === null) return 'The SIM wants its PIN.'
  return `The SIM wants its PIN; ${isTold ? '' : 'as far as is known '}${left} ${left === 1 ? 'try is' : 'tries are'} left.`
}

export function acceptedWords({ remembered }: AcceptedJson, { remember }: PinWishes): string {
  if (remembered) return 'The SIM is open, and its PIN is kept for it.'
  if (remember)
    return 'The SIM is open. Its PIN is not kept: this modem does not tell which SIM it is before it is open.'
  return 'The SIM is open.'
}

function pathOf(id: string): string {
  return `/api/v1/modems/${encodeURIComponent(id)}/pin`
}
