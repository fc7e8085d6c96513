/** What went wrong, with a way to try again. */
import { wordsOf } from '../api/client.ts'
import { t } from '../languages/translate.ts'
import { CircleAlert } from './icons.ts'

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <CircleAlert aria-hidden="true" />
      <p>{wordsOf(error)}</p>
      {retry !== undefined && (
        <button type="button" class="button" onClick={retry}>
          {t('action.retry')}
        </button>
      )}
    </div>
  )
}
