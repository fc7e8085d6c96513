/** The Signal account in the first hour: registering the number of a SIM, or linking to a phone that has one. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type AccountJson, link } from '../commands/signal.ts'
import { EXIT } from '../exit.ts'
import { type Address, call } from '../gateway.ts'
import { clock, printable } from '../print.ts'
import { askSecret, askText, askYes, choose, tell, warn } from '../prompts.ts'
import type { SetupJson, StepOutcome } from './state.ts'

const LOOK_EVERY_MS = 500
/** A text to one of our modems has come and been read long before. */
const CODE_MAX_MS = 30_000

export async function setUpSignal(gateway: Address, _state: SetupJson, interrupted: AbortSignal): Promise<StepOutcome> {
  const now = await account(gateway)
  if (now.registration === null || now.registration.step === 'failed') {
    const way = await choose<'register' | 'link' | 'skip'>('Signal', [
      { value: 'register', label: 'Register a number', hint: 'a phone that uses Signal with it is signed out' },
      { value: 'link', label: 'Link to a phone', hint: 'which keeps its Signal; a code to scan' },
      { value: 'skip', label: 'Skip it' },
    ])
    if (way === 'skip') return 'skip'
    if (way === 'link') {
      const options =
        'socketPath' in gateway ? { socket: gateway.socketPath } : { url: gateway.url.href, ...tokenOf(gateway) }
      return (await link(options, interrupted)) === EXIT.ok && (await account(gateway)).aci !== null
        ? 'evident'
        : 'skip'
    }
    if (!(await begin(gateway))) return 'skip'
  }
  return register(gateway)
}

function tokenOf({ token }: { token: string | undefined }): { token?: string } {
  return token === undefined ? {} : { token }
}

function account(gateway: Address): Promise<AccountJson> {
  return call(gateway, 'GET', '/api/v1/signal/account')
}

/** False: not meant. */
async function begin(gateway: Address): Promise<boolean> {
  const { data } = await call<{ data: { number: string | null }[] }>(gateway, 'GET', '/api/v1/modems')
  const own = data.find(({ number }) => number !== null)?.number ?? ''
  const number = (await askText('Number to register', { initial: own })).replace(/[\s()-]/g, '')
  warn(`If a phone uses Signal with ${number}, Signal signs it out, with all its linked devices.`)
  if (!(await askYes('Is that meant?', false))) return false
  await call(gateway, 'POST', '/api/v1/signal/register', { number, sign_out_phone: true })
  return true
}

/** Goes through what Signal asks for, one thing at a time, until the account is there or somebody has had enough. */
async function register(gateway: Address): Promise<StepOutcome> {
  for (;;) {
    const now = await account(gateway)
    if (now.aci !== null) {
      tell(`The account of ${now.number ?? 'this number'} is here.`)
      return 'evident'
    }
    const step = now.registration
    switch (step?.step) {
      case 'captcha': {
        tell(`Solve the captcha at ${step.page_url} and copy the address behind “Open Signal”.`)
        const token = await askText('Answer (signalcaptcha://…)')
        await call(gateway, 'POST', '/api/v1/signal/challenge', { token: token.trim() })
        break
      }
      case 'code':
        if (!(await untilCode(gateway, step.number)) && !(await typedCode(gateway, step))) return 'skip'
        break
      case 'pin': {
        if (step.tries_left != null) tell(`${step.tries_left} tries are left; then Signal erases what it protects.`)
        const pin = await askSecret('Signal PIN of this number')
        await call(gateway, 'POST', '/api/v1/signal/pin', { pin })
        break
      }
      case 'transfer':
        if (!(await askYes('Messages that are on the phone stay there, and it is signed out. Go on?', false)))
          return 'skip'
        await call(gateway, 'POST', '/api/v1/signal/skip-transfer', {})
        break
      case 'registering':
        await sleep(LOOK_EVERY_MS)
        break
      default:
        if (step?.reason !== undefined) warn(printable(step.reason))
        return 'skip'
    }
  }
}

/** A code that comes to one of our modems is read by itself. Whether that has happened in time. */
async function untilCode(gateway: Address, number: string): Promise<boolean> {
  tell(`Waiting for the code that Signal sends to ${number}.`)
  const endMs = performance.now() + CODE_MAX_MS
  while (performance.now() < endMs) {
    const { registration } = await account(gateway)
    if (registration?.step !== 'code') return true
    await sleep(LOOK_EVERY_MS)
  }
  return false
}

/** False: for later. */
async function typedCode(gateway: Address, step: NonNullable<AccountJson['registration']>): Promise<boolean> {
  for (const [what, at] of [
    ['sends another text', step.next_sms_at],
    ['calls with it', step.next_call_at],
  ] as const) {
    if (at != null) tell(`Signal ${what} from ${clock(at)} on.`)
  }
  const answer = await choose<'type' | 'wait' | 'skip'>('No code has come to a modem here', [
    { value: 'type', label: 'Type the code' },
    { value: 'wait', label: 'Wait for it' },
    { value: 'skip', label: 'Go on with another step' },
  ])
  if (answer === 'type') {
    const code = await askText('Code', {
      check: (given) => (/^\d{3}-?\d{3}$/.test(given.trim()) ? undefined : 'Six digits.'),
    })
    await call(gateway, 'POST', '/api/v1/signal/verify', { code: code.trim() })
  }
  return answer !== 'skip'
}
