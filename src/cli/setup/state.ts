/** The steps of the first hour as the gateway keeps them, and what each is called here and done by without questions. */
import { type Address, call } from '../gateway.ts'

export const STEP_NAMES = ['password', 'modem', 'mode', 'signal', 'backup-key', 'notifications'] as const
export type StepName = (typeof STEP_NAMES)[number]

export interface SetupJson {
  steps: { step: StepName; state: 'open' | 'done' | 'skipped' }[]
  next: StepName | null
  key_file: string
}

/** How a step went: marked by hand, left to show by itself, or put off. */
export type StepOutcome = 'done' | 'evident' | 'skip'

export function readState(gateway: Address): Promise<SetupJson> {
  return call(gateway, 'GET', '/api/v1/setup')
}

export function mark(gateway: Address, step: StepName, action: 'done' | 'skip'): Promise<SetupJson> {
  return call(gateway, 'POST', `/api/v1/setup/steps/${step}`, { action })
}

interface StepWords {
  title: string
  /** What does it in a script, or later. */
  commands: readonly string[]
}

export function stepWords(step: StepName, keyFile: string): StepWords {
  switch (step) {
    case 'password':
      return { title: 'First account', commands: ['causeway user add NAME --role admin', 'causeway setup-code'] }
    case 'modem':
      return {
        title: 'Modem and SIM',
        commands: [
          'causeway modem probe',
          'causeway modem list',
          'causeway modem pin',
          'causeway send NUMBER TEXT --policy sms_only',
        ],
      }
    case 'mode':
      return {
        title: 'Mode',
        commands: ['causeway setup mode', 'mode: integrated | data_only | sms_only in the configuration'],
      }
    case 'signal':
      return { title: 'Signal account', commands: ['causeway signal register NUMBER', 'causeway signal link'] }
    case 'backup-key':
      return {
        title: 'Key of the data',
        commands: [`keep a copy of ${keyFile} in a safe place that is not this machine`, 'causeway backup key'],
      }
    case 'notifications':
      return {
        title: 'Notifications',
        commands: ['in the inbox: own menu, Notifications; alerts.to in the configuration'],
      }
  }
}
