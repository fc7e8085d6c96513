/** Which modem (SIM) the text of this message goes through; only where there is a choice. */
import { t } from '../languages/translate.ts'
import { changeDraft, draftOf } from '../model/drafts.ts'
import { modems } from '../model/status.ts'

export function ModemChoice({ conversationId }: { conversationId: string }) {
  const all = modems.value ?? []
  if (all.length < 2) return null
  const { modem } = draftOf(conversationId)
  return (
    <select
      class="modem-choice"
      aria-label={t('modemChoice.label')}
      title={t('modemChoice.label')}
      value={modem ?? ''}
      onChange={({ currentTarget: { value } }) =>
        changeDraft(conversationId, { modem: value === '' ? undefined : value })
      }
    >
      <option value="">{t('modemChoice.any')}</option>
      {all.map(({ id, label, number }) => (
        <option key={id} value={id} translate={false}>
          {[label ?? id, number].filter((part) => part !== null).join(' · ')}
        </option>
      ))}
    </select>
  )
}
