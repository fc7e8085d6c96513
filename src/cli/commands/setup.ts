/**
 * `causeway setup`: the first hour at a terminal, the twin of the wizard in the inbox. The gateway keeps what is done, so
 * that either goes on where the other was left. Without a terminal it says how the steps stand and what does each.
 */
import { EXIT, ExitError } from '../exit.ts'
import { type Address, findGateway, type GatewayOptions } from '../gateway.ts'
import { json, line, table } from '../print.ts'
import { choose, frame, isTerminal, tell, warn } from '../prompts.ts'
import { setUpModem } from '../setup/modem.ts'
import { setUpSignal } from '../setup/signal.ts'
import { setUpKey, setUpMode, setUpNotifications, setUpPassword } from '../setup/small-steps.ts'
import {
  mark,
  readState,
  type SetupJson,
  STEP_NAMES,
  type StepName,
  type StepOutcome,
  stepWords,
} from '../setup/state.ts'

type Options = GatewayOptions & { json?: boolean }

/** Does one step, asking; resolves with how it went. Throws ExitError when somebody ends the questions. */
type StepAction = (gateway: Address, state: SetupJson, interrupted: AbortSignal) => Promise<StepOutcome>

const ACTIONS: Readonly<Record<StepName, StepAction>> = {
  password: setUpPassword,
  modem: setUpModem,
  mode: setUpMode,
  signal: setUpSignal,
  'backup-key': setUpKey,
  notifications: setUpNotifications,
}

/** `only`: this step, done or not. Exits 0 when nothing is open any more, else 2. */
export async function setup(only: string | undefined, options: Options, interrupted: AbortSignal): Promise<number> {
  const gateway = await findGateway(options)
  const wanted = STEP_NAMES.find((name) => name === only)
  if (only !== undefined && wanted === undefined) {
    throw new ExitError(EXIT.usage, `There is no step ${only}; there are ${STEP_NAMES.join(', ')}.`)
  }
  const before = await readState(gateway)
  if (options.json === true || !isTerminal()) {
    show(before, options.json === true)
    return exitCode(before)
  }
  tell('Each step can be skipped and done later: here, or in the inbox under “Setting up”.')
  const steps =
    wanted === undefined ? before.steps.filter(({ state }) => state !== 'done').map(({ step }) => step) : [wanted]
  for (const step of steps) {
    if (!(await oneStep(gateway, step, wanted !== undefined, interrupted))) break
  }
  const after = await readState(gateway)
  frame('What is set up', summary(after))
  return exitCode(after)
}

/** False: the rest is for later. What was refused is told and can be tried again. */
async function oneStep(
  gateway: Address,
  step: StepName,
  isWanted: boolean,
  interrupted: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const state = await readState(gateway)
    const { title } = stepWords(step, state.key_file)
    // Done elsewhere in the meantime, in the inbox perhaps.
    if (!isWanted && state.steps.some((each) => each.step === step && each.state === 'done')) return true
    const answer = await choose<'do' | 'skip' | 'leave'>(
      title,
      [
        { value: 'do', label: 'Do it now' },
        { value: 'skip', label: 'Skip it' },
        { value: 'leave', label: 'Leave the rest for later' },
      ],
      'do',
    )
    if (answer === 'leave') return false
    const outcome = answer === 'skip' ? 'skip' : await attempt(() => ACTIONS[step](gateway, state, interrupted))
    if (outcome === undefined) continue
    if (outcome !== 'evident') await mark(gateway, step, outcome)
    return true
  }
}

/** Undefined: the gateway or the modem would not, which is told. */
async function attempt(action: () => Promise<StepOutcome>): Promise<StepOutcome | undefined> {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof ExitError) || error.exitCode === EXIT.unavailable) throw error
    warn(error.message)
    return undefined
  }
}

function exitCode({ next }: SetupJson): number {
  return next === null ? EXIT.ok : EXIT.warnings
}

function show(state: SetupJson, asJson: boolean): void {
  const steps = state.steps.map(({ step, state: how }) => ({ step, state: how, ...stepWords(step, state.key_file) }))
  if (asJson) {
    json({ steps, next: state.next })
    return
  }
  table(steps.map(({ step, state: how, commands }) => [step, how, how === 'done' ? '' : commands.join('; ')]))
  if (state.next !== null) line('At a terminal, `causeway setup` asks for what it needs; the inbox has the same steps.')
}

function summary(state: SetupJson): readonly string[] {
  return state.steps.map(({ step, state: how }) => {
    const { title } = stepWords(step, state.key_file)
    return how === 'done' ? `✓ ${title}` : `· ${title}: ${how}. Later: causeway setup ${step}`
  })
}
