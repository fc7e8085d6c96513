/** The pictures of a conversation, as far as it was fetched, oldest first; not those that are to be looked at once. */
import type { Attachment, Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'

export interface Picture {
  id: string
  url: string
  thumbnailUrl: string
  name: string
  fileName: string
}

/** Undefined: it is no picture that can be shown. */
export function pictureOf(file: Attachment): Picture | undefined {
  if (file.view_once || file.state !== 'here' || file.url === null) return undefined
  if (!/^image\/(jpeg|png|gif|webp|avif)$/.test(file.content_type ?? '')) return undefined
  return {
    id: file.id,
    url: file.url,
    thumbnailUrl: file.thumbnail_url ?? file.url,
    name: file.caption ?? file.file_name ?? t('file.picture'),
    fileName: file.file_name ?? '',
  }
}

export function picturesOf(messages: readonly Message[]): readonly Picture[] {
  return messages.flatMap(({ attachments }) => attachments.flatMap((file) => pictureOf(file) ?? []))
}
