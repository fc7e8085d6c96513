/** The file of a quoted message, as the API shows it with the message that quotes it. */
import type { KeptQuote } from '../store/quoted.ts'
import type { AttachmentRow } from '../store/tables/media.ts'

/** `files`: as `shownFilesOf` has them. `thumbnail_url` is there when a small copy of it is here. */
export function quotedFileView(file: KeptQuote['file'], files: readonly AttachmentRow[]) {
  if (file === undefined) return null
  const { contentType, fileName = null, attachmentId } = file
  const row = files.find(({ id }) => id === attachmentId)
  const isShown = row !== undefined && row.thumbnail_id !== null
  const url = isShown ? `/api/v1/media/${row.id}/thumbnail` : null
  return { content_type: contentType, file_name: fileName, thumbnail_url: url }
}
