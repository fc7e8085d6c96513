/** The words of an HTML part: no mark-up, no scripts, lines where blocks end. For people to read, never to be shown as HTML. */

/** Linear in what it looks at, and a message of words never has as much. */
const HTML_CHARS_MAX = 512 * 1024

/** Elements whose content is not for readers. */
const UNREAD = /<(script|style|head|title|template|noscript)\b[^<>]*>[\s\S]*?(?:<\/\1\s*>|$)/gi
const LINE_ENDS = /<\/?(?:p|div|br|hr|tr|li|ul|ol|table|h[1-6]|blockquote|body)\b[^<>]*>/gi
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

/** What a reader would see of the page, line by line; of its beginning alone where it is very long. */
export function wordsOfHtml(html: string): string {
  return html
    .slice(0, HTML_CHARS_MAX)
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(UNREAD, '')
    .replace(/\s+/g, ' ')
    .replace(LINE_ENDS, '\n')
    .replace(/<[/!?a-z][^<>]*>?/gi, '')
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}));/gi, entity)
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

function entity(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
  const isCharacter = code > 0x1f && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
  return isCharacter ? String.fromCodePoint(code) : ''
}
