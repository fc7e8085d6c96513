/** A line for the subject, offered where a message has a place for one; kept while something is written in it. */
import { SUBJECT_CHARS_MAX } from '../../domain/subject.ts'
import { t } from '../languages/translate.ts'
import { X } from '../ui/icons.ts'

interface SubjectProps {
  /** Undefined: no field. */
  subject: string | undefined
  change: (subject: string | undefined) => void
}

export function SubjectField({ subject, change }: SubjectProps) {
  if (subject === undefined) return null
  return (
    <div class="composer-subject">
      <input
        type="text"
        dir="auto"
        maxLength={SUBJECT_CHARS_MAX}
        aria-label={t('subject.label')}
        placeholder={t('subject.label')}
        value={subject}
        onInput={(event) => change(event.currentTarget.value)}
      />
      <button type="button" class="icon-button" aria-label={t('subject.drop')} onClick={() => change(undefined)}>
        <X aria-hidden="true" />
      </button>
    </div>
  )
}
