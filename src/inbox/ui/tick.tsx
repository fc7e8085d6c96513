/** The state of a message of ours: glyph and word of the one table of states. */
import type { MessageState } from '../../domain/message.ts'
import { STATE_FACES } from '../../domain/states.ts'
import { t } from '../languages/translate.ts'

export function stateWord(state: MessageState): string {
  return t(`state.${state}`)
}

export function Tick({ state, reason }: { state: MessageState; reason?: string | null }) {
  const title = reason === null || reason === undefined ? t(`meaning.${state}`) : reason
  return (
    <span class={`tick ${state}`} title={title}>
      <span aria-hidden="true">{STATE_FACES[state].glyph}</span>
      <span class="visually-hidden">{stateWord(state)}</span>
    </span>
  )
}
