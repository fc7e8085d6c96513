/** What is attached to the message that is being written, and how far each file is. */

import { t } from '../languages/translate.ts'
import { changeDraft, type Draft } from '../model/drafts.ts'
import { FileText, X } from '../ui/icons.ts'
import { sizeWords } from '../ui/sizes.ts'
import type { Uploads } from './uploads.ts'

interface TrayProps {
  draft: Draft
  conversationId: string
  uploads: Uploads
}

export function UploadTray({ draft, conversationId, uploads }: TrayProps) {
  if (draft.attachments.length + uploads.running.length === 0) return null
  const without = (id: string) =>
    changeDraft(conversationId, { attachments: draft.attachments.filter((file) => file.id !== id) })
  return (
    <ul class="tray" aria-label={t('composer.attached')}>
      {draft.attachments.map((file) => (
        <li key={file.id} class="tray-file">
          {file.thumbnail_url === null ? <FileText aria-hidden="true" /> : <img src={file.thumbnail_url} alt="" />}
          <span>
            <b translate={file.file_name === null} dir="auto">
              {file.file_name ?? t('file.file')}
            </b>
            {file.bytes !== null && <small>{sizeWords(file.bytes)}</small>}
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label={t('composer.detach', { name: file.file_name ?? t('file.file') })}
            onClick={() => without(file.id)}
          >
            <X aria-hidden="true" />
          </button>
        </li>
      ))}
      {uploads.running.map(({ key, name, part, problem, abort }) => (
        <li key={key} class="tray-file">
          <FileText aria-hidden="true" />
          <span>
            <b translate={false} dir="auto">
              {name}
            </b>
            {problem === undefined ? (
              <progress value={part} max={1} aria-label={t('composer.uploading', { name })} />
            ) : (
              <small class="bad" role="alert">
                {problem}
              </small>
            )}
          </span>
          <button type="button" class="icon-button" aria-label={t('composer.detach', { name })} onClick={abort}>
            <X aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  )
}
