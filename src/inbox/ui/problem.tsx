/** What went wrong, with a way to try again. */
import { ApiProblem, wordsOf } from '../api/client.ts'
import { t } from '../languages/translate.ts'
import { CircleAlert } from './icons.ts'

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <CircleAlert aria-hidden="true" />
      <p translate={false} title={error instanceof ApiProblem ? error.said : undefined}>
        <span translate={true}>{wordsOf(error)}</span>
      </p>
      {retry !== undefined && (
        <button type="button" class="button" onClick={retry}>
          {t('action.retry')}
        </button>
      )}
    </div>
  )
}
