/** Names of the parts of a picture message: in ASCII, unlike each other, with the end that their type has. */
import { safeFileName } from '../domain/media.ts'

const STEM_CHARS_MAX = 60

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/gif', 'gif'],
  ['video/mp4', 'mp4'],
  ['video/3gpp', '3gp'],
  ['audio/mp4', 'm4a'],
  ['audio/mpeg', 'mp3'],
  ['audio/amr', 'amr'],
  ['text/x-vcard', 'vcf'],
  ['text/x-vcalendar', 'vcs'],
  ['text/plain', 'txt'],
  ['text/csv', 'csv'],
  ['application/pdf', 'pdf'],
])

/** `taken` is told of the name. @param number of the file in its message, where its name says nothing in ASCII */
export function partName(given: string | null, contentType: string, number: number, taken: Set<string>): string {
  const safe = safeFileName(given ?? undefined) ?? ''
  const own = /\.(\w{1,8})$/.exec(safe)?.[1]
  const extension = EXTENSIONS.get(contentType) ?? own ?? 'bin'
  const letters = safe
    .replace(/\.\w{1,8}$/, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\w.\- ]/g, '_')
    .slice(0, STEM_CHARS_MAX)
    .trim()
  const kind = /^(image|video|audio)\//.exec(contentType)?.[1] ?? 'file'
  const stem = /[A-Za-z0-9]/.test(letters) ? letters : `${kind}${number}`
  let name = `${stem}.${extension}`
  for (let copy = 2; taken.has(name.toLowerCase()); copy++) name = `${stem}-${copy}.${extension}`
  taken.add(name.toLowerCase())
  return name
}
