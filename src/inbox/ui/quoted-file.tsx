/** A file where its message is quoted: its picture in small, or a sign for what it is. Words stand beside it. */
import type { Attachment } from '../api/types.ts'
import { FileText, Picture } from './icons.ts'

interface QuotedFileProps {
  file: Pick<Attachment, 'content_type' | 'thumbnail_url'>
}

export function QuotedFile({ file: { content_type: type, thumbnail_url: url } }: QuotedFileProps) {
  if (url !== null) return <img class="quoted" src={url} alt="" loading="lazy" />
  return /^(?:image|video)\//.test(type) ? (
    <Picture class="quoted" aria-hidden="true" />
  ) : (
    <FileText class="quoted" aria-hidden="true" />
  )
}
