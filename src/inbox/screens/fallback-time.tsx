/** How long a message to this person waits for a receipt before a text follows: as the box has it, or a time of their own. */
import type { Contact, Policy } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { changeContact } from '../model/contacts.ts'
import { maySend } from '../model/session.ts'
import { settings } from '../model/status.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'
import { spanWords, WAITS } from '../ui/times.ts'

/** `policy`: the one in force. Who has no number is never sent a text, and has no such time. */
export function FallbackTime({ contact, policy }: { contact: Contact; policy: Policy }) {
  const saving = useAct()
  const box = settings.value
  if (contact.number === null || box === undefined) return null
  const { id, fallback_after: own } = contact
  const waits = box.mode === 'integrated' && (policy === 'auto' || policy === 'ask')
  const spans = own === null || WAITS.some((span) => span === own) ? WAITS : [own, ...WAITS]
  return (
    <>
      <label class="field">
        <span>{t('fallback.after')}</span>
        <select
          value={own ?? ''}
          disabled={!maySend.value || saving.busy || !waits}
          onChange={({ currentTarget: { value } }) =>
            void saving.run(() => changeContact(id, { fallback_after: value === '' ? null : value }))
          }
        >
          <option value="">{t('about.asSet', { span: spanWords(box.fallback.after) })}</option>
          {spans.map((span) => (
            <option key={span} value={span}>
              {spanWords(span)}
            </option>
          ))}
        </select>
        {!waits && <small>{t('about.noWait')}</small>}
      </label>
      {saving.error !== undefined && <Problem error={saving.error} />}
    </>
  )
}
