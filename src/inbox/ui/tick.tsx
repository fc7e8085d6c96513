/** The state of a message of ours: glyph and word of the one table of states. */
import type { MessageState } from '../../domain/message.ts'
import { STATE_FACES } from '../../domain/states.ts'
import { t } from '../languages/translate.ts'
import { isUnreported } from '../model/reports.ts'

type Stated = Parameters<typeof isUnreported>[0]

export function stateWord(state: MessageState): string {
  return t(`state.${state}`)
}

/** What its state means for whom it matters to. */
export function stateMeaning(message: Stated): string {
  return t(isUnreported(message, Date.now()) ? 'meaning.unreported' : `meaning.${message.status}`)
}

/** Why it is so is said where there is room for it: below the bubble, and in the ledger. */
export function Tick({ message }: { message: Stated }) {
  const { status } = message
  return (
    <span class={`tick ${status}`} title={stateMeaning(message)}>
      <span aria-hidden="true">{STATE_FACES[status].glyph}</span>
      <span class="visually-hidden">{stateWord(status)}</span>
    </span>
  )
}
