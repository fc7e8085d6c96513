/**
 * SMIL, as far as messages use it (OMA-TS-MMS_CONF, MMS SMIL): which parts are shown together, in which order. The
 * scanner looks for tags and takes nothing else seriously: no DTD, no entities beyond the five of XML, no nesting. What
 * is broken gives what could be made out, at worst nothing.
 */
import { SMIL_OCTETS_MAX } from './limits.ts'

export type MediaKind = 'text' | 'img' | 'video' | 'audio' | 'ref'

export interface MediaReference {
  kind: MediaKind
  /** `cid:…` for a Content-ID, else a Content-Location or a name. */
  src: string
  region?: string
}

/** What is shown at the same time: one `par`. */
export interface Slide {
  durationMs?: number
  media: readonly MediaReference[]
}

export interface Presentation {
  /** Of `root-layout`, as written. */
  width?: string
  height?: string
  regions: readonly string[]
  slides: readonly Slide[]
}

const MEDIA_TAGS: ReadonlySet<string> = new Set(['text', 'img', 'video', 'audio', 'ref'])
/** Far more than any phone shows. */
const REFERENCES_MAX = 1000
const SLIDES_MAX = 1000

/** The slides of a SMIL text. Media outside of a `par` are a slide each. Never throws. */
export function scanSmil(smil: string): Presentation {
  const slides: { durationMs?: number; media: MediaReference[] }[] = []
  const regions: string[] = []
  const size: { width?: string; height?: string } = {}
  let open: { durationMs?: number; media: MediaReference[] } | undefined
  let references = 0
  for (const { name, closes, attributes } of tags(smil.slice(0, SMIL_OCTETS_MAX))) {
    if (name === 'par') {
      open = undefined
      if (closes || slides.length >= SLIDES_MAX) continue
      const durationMs = millisecondsOf(attributes().get('dur'))
      open = { ...(durationMs === undefined ? {} : { durationMs }), media: [] }
      slides.push(open)
    } else if (MEDIA_TAGS.has(name) && !closes) {
      const [src, region] = [attributes().get('src'), attributes().get('region')]
      if (src === undefined || src === '' || ++references > REFERENCES_MAX) continue
      const media: MediaReference = { kind: name as MediaKind, src, ...(region === undefined ? {} : { region }) }
      if (open !== undefined) open.media.push(media)
      else slides.push({ media: [media] })
    } else if (name === 'region' && !closes) {
      const id = attributes().get('id')
      if (id !== undefined && regions.length < REFERENCES_MAX) regions.push(id)
    } else if (name === 'root-layout' && !closes) {
      const [width, height] = [attributes().get('width'), attributes().get('height')]
      Object.assign(size, width === undefined ? {} : { width }, height === undefined ? {} : { height })
    }
  }
  return { ...size, regions, slides }
}

/**
 * The SMIL of slides: pictures and videos above, text below, as the standard's layout of portrait phones has it. Names of
 * regions are set here; `src` is escaped.
 */
export function buildSmil(slides: readonly Slide[]): string {
  const pars = slides.map(({ durationMs, media }) => {
    const items = media.map(({ kind, src }) => `<${kind} src="${escaped(src)}"${regionOf(kind)}/>`)
    return `<par dur="${durationMs ?? DEFAULT_DURATION_MS}ms">${items.join('')}</par>`
  })
  return `<smil><head><layout>${LAYOUT}</layout></head><body>${pars.join('')}</body></smil>`
}

const DEFAULT_DURATION_MS = 5000
const LAYOUT =
  '<root-layout width="100%" height="100%"/>' +
  '<region id="Image" left="0" top="0" width="100%" height="70%" fit="meet"/>' +
  '<region id="Text" left="0" top="70%" width="100%" height="30%" fit="scroll"/>'

function regionOf(kind: MediaKind): string {
  if (kind === 'audio') return ''
  return kind === 'text' ? ' region="Text"' : ' region="Image"'
}

interface Tag {
  /** Lower case, without a namespace. */
  name: string
  closes: boolean
  attributes(): ReadonlyMap<string, string>
}

const TAG = /^(\/?)(?:[\w-]+:)?([A-Za-z][\w-]*)/

/** Everything between `<` and the next `>` (or `<`, of a tag that forgot its end), comments left out. Linear. */
function* tags(smil: string): Generator<Tag> {
  for (let at = smil.indexOf('<'); at >= 0; at = smil.indexOf('<', at)) {
    if (smil.startsWith('<!--', at)) {
      const end = smil.indexOf('-->', at + 4)
      if (end < 0) return
      at = end
      continue
    }
    const end = endOfTag(smil, at + 1)
    const inside = smil.slice(at + 1, end)
    const [, slash, name = ''] = TAG.exec(inside.slice(0, NAME_CHARS_MAX)) ?? []
    at = end
    if (name === '') continue
    let parsed: ReadonlyMap<string, string> | undefined
    const attributes = () => {
      parsed ??= attributesOf(inside)
      return parsed
    }
    yield { name: name.toLowerCase(), closes: slash === '/', attributes }
  }
}

const NAME_CHARS_MAX = 128

/** The closing `>`, which may stand in quotes before; where the quotes never end, the first one counts. */
function endOfTag(smil: string, from: number): number {
  let quote = ''
  for (let at = from; at < smil.length; at++) {
    const character = smil.charAt(at)
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (character === '>' || character === '<') return at
  }
  return smil.length
}

const ATTRIBUTE = /([A-Za-z][\w:-]{0,63})\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g

function attributesOf(inside: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [, name = '', double, single, bare] of inside.matchAll(ATTRIBUTE)) {
    const key = name.toLowerCase()
    if (!found.has(key)) found.set(key, unescaped((double ?? single ?? bare ?? '').trim()))
  }
  return found
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescaped(value: string): string {
  return value.replace(/&(amp|lt|gt|quot|apos);/g, (whole, name: string) => ENTITIES[name] ?? whole)
}

function escaped(value: string): string {
  return value.replace(/[&<>"]/g, (character) => {
    const name = Object.keys(ENTITIES).find((key) => ENTITIES[key] === character)
    return `&${name};`
  })
}

/** `5000ms`, `5s`, `5`; anything else says nothing. */
function millisecondsOf(duration: string | undefined): number | undefined {
  const [, number, unit] = /^(\d{1,7}(?:\.\d{1,3})?)(ms|s)?$/.exec(duration ?? '') ?? []
  if (number === undefined) return undefined
  return Math.round(Number(number) * (unit === 'ms' ? 1 : 1000))
}
