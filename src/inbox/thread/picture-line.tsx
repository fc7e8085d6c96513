/** The line about a picture message that is not here: why, and the way to fetch it (again) while the carrier keeps it. */
import { ask } from '../api/client.ts'
import type { Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { lineWords } from '../model/lines.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'
import { clockTime } from '../ui/times.ts'

/** Nothing is left to be fetched. */
const ENDED: ReadonlySet<string | null> = new Set(['fetched', 'expired'])

export function PictureLine({ message }: { message: Message }) {
  const fetching = useAct()
  const get = () => void fetching.run(() => ask('POST', `/api/v1/messages/${message.id}/fetch`))
  return (
    <div class="notice" data-message={message.id}>
      <span>
        {lineWords(message) ?? <span translate={false}>{message.text}</span>}{' '}
        <time>{clockTime(message.created_at)}</time>
        {!ENDED.has(message.code) && (
          <button type="button" class="button" disabled={fetching.busy} onClick={get}>
            {message.code === 'deferred' ? t('file.fetch') : t('picture.fetch')}
          </button>
        )}
        {fetching.error !== undefined && <Problem error={fetching.error} />}
      </span>
    </div>
  )
}
