/** After what time new messages disappear; Signal only, so that it is not offered where nothing but texts can go. */
import type { Conversation } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { contactOf } from '../model/contacts.ts'
import { changeConversation } from '../model/conversations.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'
import { spanWords } from '../ui/times.ts'

const SPANS = ['PT30S', 'PT5M', 'PT1H', 'PT8H', 'P1D', 'P7D', 'P28D'] as const

export function TimerChoice({ conversation }: { conversation: Conversation }) {
  const saving = useAct()
  const contact = contactOf(conversation.contact?.id ?? undefined)
  if (conversation.group?.kind !== 'signal' && contact?.signal.standing !== 'registered') return null
  const chosen = conversation.disappears_after
  const spans = chosen === null || SPANS.some((span) => span === chosen) ? SPANS : [chosen, ...SPANS]
  return (
    <section>
      <label class="field">
        <span>{t('timer.title')}</span>
        <select
          value={chosen ?? ''}
          disabled={saving.busy}
          onChange={(event) => {
            const { value } = event.currentTarget
            void saving.run(() =>
              changeConversation(conversation.id, { disappears_after: value === '' ? null : value }),
            )
          }}
        >
          <option value="">{t('timer.off')}</option>
          {spans.map((span) => (
            <option key={span} value={span}>
              {spanWords(span)}
            </option>
          ))}
        </select>
        <small>{t('timer.words')}</small>
      </label>
      {saving.error !== undefined && <Problem error={saving.error} />}
    </section>
  )
}
