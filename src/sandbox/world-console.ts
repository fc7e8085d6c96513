/** The console of the world: the table of everything it can be told to do, and carrying it out. */
import type { Action, ActionDocument } from './action.ts'
import { ActionError, Arguments } from './action.ts'
import { airActions } from './air-actions.ts'
import type { Console } from './control-server.ts'
import { faultActions } from './fault-actions.ts'
import { groupActions } from './group-actions.ts'
import { mmsActions } from './mms-actions.ts'
import { peopleActions } from './people-actions.ts'
import { radioActions } from './radio-actions.ts'
import { signalActions } from './signal-actions.ts'
import type { SandboxWorld } from './world.ts'

const actions: readonly Action<SandboxWorld>[] = [
  ...peopleActions,
  ...groupActions,
  ...airActions,
  ...mmsActions,
  ...radioActions,
  ...faultActions,
  ...signalActions,
]

export class WorldConsole implements Console {
  readonly #world: SandboxWorld

  constructor(world: SandboxWorld) {
    this.#world = world
  }

  describe(): { actions: readonly ActionDocument[] } {
    return { actions: actions.map(({ name, summary, parameters }) => ({ name, summary, parameters })) }
  }

  async perform(name: string, given: Readonly<Record<string, unknown>>): Promise<unknown> {
    const action = actions.find((candidate) => candidate.name === name)
    if (action === undefined) {
      const known = actions.map((candidate) => candidate.name).join(', ')
      throw new ActionError('unknown-action', `there is no action ${name}; there are ${known}`)
    }
    const checked = new Arguments(action, given)
    action.check?.(checked)
    return await action.run(this.#world, checked)
  }
}
