/** The steps of the first hour that are one question each: account, mode, key, notifications. */
import { makeRecoveryKey } from '../commands/backup.ts'
import { type Address, call } from '../gateway.ts'
import { askText, askTwice, askYes, choose, frame, tell } from '../prompts.ts'
import type { SetupJson, StepOutcome } from './state.ts'

type Mode = 'integrated' | 'data_only' | 'sms_only'

/** Whoever may open the gateway's socket needs no setup code. */
export async function setUpPassword(gateway: Address): Promise<StepOutcome> {
  const name = await askText('Name of the first administrator', { initial: 'admin' })
  const password = await askTwice('Password (10 characters or more)')
  await call(gateway, 'POST', '/api/v1/users', { name: name.trim(), role: 'admin', password })
  tell(`${name.trim()} may sign in to the inbox.`)
  return 'evident'
}

export async function setUpMode(gateway: Address): Promise<StepOutcome> {
  const { mode } = await call<{ mode: Mode }>(gateway, 'GET', '/api/v1/settings')
  const chosen = await choose<Mode>(
    'How messages travel',
    [
      { value: 'integrated', label: 'Integrated', hint: 'Signal where people are on it, else a text' },
      { value: 'data_only', label: 'Signal only', hint: 'nothing ever goes as a text' },
      { value: 'sms_only', label: 'Texts only', hint: 'nothing is encrypted' },
    ],
    mode,
  )
  await call(gateway, 'PATCH', '/api/v1/settings', { mode: chosen })
  return 'done'
}

export async function setUpKey(gateway: Address, { key_file: keyFile }: SetupJson): Promise<StepOutcome> {
  tell(
    `All messages and the Signal account are encrypted with the key in ${keyFile}.\nWithout it no copy of the data can be read, and nobody can make it again.`,
  )
  const { key_made_at: madeAt } = await call<{ key_made_at: string | null }>(gateway, 'GET', '/api/v1/system/backup')
  const wanted = 'Make a recovery key now? Encrypted backups are made every day from then on, and only it opens them'
  if (madeAt === null && (await askYes(wanted, true))) {
    frame('Recovery key, shown this once: write it down', [await makeRecoveryKey(gateway, false)])
  }
  const hasCopy = await askYes('Is a copy in a safe place that is not this machine?', false)
  return hasCopy ? 'done' : 'skip'
}

export async function setUpNotifications(): Promise<StepOutcome> {
  tell(
    'Browsers are woken from the inbox: own menu, Notifications (https is needed, except on this machine itself).\nTexts to administrators when a modem is lost: alerts.to in the configuration.',
  )
  return (await askYes('Is that done?', false)) ? 'done' : 'skip'
}
