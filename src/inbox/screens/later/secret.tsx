/** Something that is shown this once: to be copied, and then put away by whoever has it. */
import { t } from '../../languages/translate.ts'
import { Action } from './action.tsx'

interface SecretProps {
  words: string
  /** A command line that tries it. */
  line?: string | undefined
  onClose: () => void
}

export function Secret({ words, line, onClose }: SecretProps) {
  return (
    <div class="note held secret" role="status">
      <p>{t('settings.once')}</p>
      <p class="code" translate={false} dir="ltr">
        {words}
      </p>
      {line !== undefined && (
        <>
          <p>{t('settings.tryIt')}</p>
          <pre translate={false} dir="ltr">
            {line}
          </pre>
        </>
      )}
      <div class="buttons">
        <Action label={t('settings.copy')} run={() => navigator.clipboard.writeText(words)} />
        <button type="button" class="button" onClick={onClose}>
          {t('action.close')}
        </button>
      </div>
    </div>
  )
}
