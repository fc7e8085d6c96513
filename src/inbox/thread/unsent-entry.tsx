/** A message that the gateway does not have yet: on its way, or refused with the reason. */

import { t } from '../languages/translate.ts'
import { discard, editAgain, tryAgain, type Unsent } from '../model/outbox.ts'
import { online } from '../model/status.ts'
import { Hourglass } from '../ui/icons.ts'

interface UnsentEntryProps {
  unsent: Unsent
  /** There is a composer to edit it in. */
  mayEdit: boolean
}

export function UnsentEntry({ unsent, mayEdit }: UnsentEntryProps) {
  const { draft, refusal } = unsent
  return (
    <article class="entry ours none first last" tabIndex={-1} aria-label={t('unsent.label')}>
      <div class="entry-line">
        <div class="bubble pending">
          {draft.attachments.length > 0 && <p>{t('unsent.files', { count: draft.attachments.length })}</p>}
          <div class="text">
            <p translate={false} dir="auto">
              {draft.subject !== undefined && draft.subject !== '' && <b>{`${draft.subject}\n`}</b>}
              {draft.text}
            </p>
          </div>
          <p class="meta">
            <Hourglass aria-hidden="true" />
            {refusal !== undefined ? t('unsent.refused') : online.value ? t('unsent.going') : t('unsent.offline')}
          </p>
        </div>
      </div>
      {refusal !== undefined && (
        <div class="note failed" role="alert">
          <p>{refusal}</p>
          <div class="buttons">
            <button type="button" class="button" onClick={() => tryAgain(unsent)}>
              {t('action.retry')}
            </button>
            {mayEdit && (
              <button type="button" class="button" onClick={() => edit(unsent)}>
                {t('menu.edit')}
              </button>
            )}
            <button type="button" class="button danger" onClick={() => discard(unsent)}>
              {t('unsent.discard')}
            </button>
          </div>
        </div>
      )}
    </article>
  )
}

function edit(unsent: Unsent): void {
  editAgain(unsent)
  document.querySelector<HTMLTextAreaElement>('.composer textarea')?.focus()
}
