/** The state of a message of ours: glyph and word of the one table of states. */
import type { MessageState } from '../../domain/message.ts'
import { STATE_FACES } from '../../domain/states.ts'
import { t } from '../languages/translate.ts'

export function stateWord(state: MessageState): string {
  return t(`state.${state}`)
}

/** Why it is so is said where there is room for it: below the bubble, and in the ledger. */
export function Tick({ state, isText = false }: { state: MessageState; isText?: boolean }) {
  // Of a text no more than this may ever be heard: not every network reports.
  const meaning = isText && state === 'sent' ? t('meaning.sentText') : t(`meaning.${state}`)
  return (
    <span class={`tick ${state}`} title={meaning}>
      <span aria-hidden="true">{STATE_FACES[state].glyph}</span>
      <span class="visually-hidden">{stateWord(state)}</span>
    </span>
  )
}
