/**
 * Forms with files in them (`multipart/form-data`, RFC 7578), read as they come: each file is a stream that holds back the
 * network while it is written down, and nothing of it is kept in memory. The only file that imports busboy.
 */
import type { IncomingMessage } from 'node:http'
import busboy from 'busboy'
import { invalid, Problem, pointerTo } from './problem.ts'

/** In a form: as many as a message takes. */
export const FORM_FILES_MAX = 32
/** The name of a part that is a file. */
export const FORM_FILE_FIELD = 'file'

const FIELDS_MAX = 16
const FIELD_BYTES_MAX = 16 * 1024
/** Also those that are passed over, for want of a name and of a kind. */
const PARTS_MAX = FORM_FILES_MAX + FIELDS_MAX

/** As it arrives; its octets are to be read before the next file is asked for. */
export interface FormFile {
  octets: AsyncIterable<Uint8Array>
  /** As its sender says. */
  contentType: string
  fileName: string | undefined
}

export interface Form {
  files: AsyncGenerator<FormFile, void, undefined>
  /** What is no file, by its name; whole once `files` has ended. */
  fields: ReadonlyMap<string, string>
}

/** Whether the body says that it is a form. */
export function isForm(contentType: string | undefined): boolean {
  return /^multipart\/form-data\s*(;|$)/i.test(contentType ?? '')
}

/**
 * Begins to read the form. Errors, now or while `files` are read: Problem 400 `malformed-form` and `incomplete`, 422 for
 * parts that nobody asked for, or too many of them.
 */
export function readForm(request: IncomingMessage): Form {
  const parser = openParser(request)
  const fields = new Map<string, string>()
  /** A piece of the network may hold several small files: at most FORM_FILES_MAX. */
  const arrived: FormFile[] = []
  let failure: unknown
  let isOver = false
  let wake = () => {}

  const fail = (error: unknown) => {
    failure ??= error
    request.unpipe(parser)
    // Whoever reads the file that is just coming hears of it, too.
    parser.destroy(failure instanceof Error ? failure : undefined)
    wake()
  }
  parser.on('file', (name, stream, { filename, mimeType }) => {
    stream.on('error', () => {})
    if (name !== FORM_FILE_FIELD) fail(unknownPart(name, `A file is a part by the name of ${FORM_FILE_FIELD}.`))
    // The rest of a piece of the network comes even after that.
    if (failure !== undefined) stream.resume()
    else arrived.push({ octets: octetsOf(stream, () => failure), contentType: mimeType, fileName: filename })
    wake()
  })
  parser.on('field', (name, value, { nameTruncated, valueTruncated }) => {
    if (nameTruncated || valueTruncated) fail(unknownPart(name, `At most ${FIELD_BYTES_MAX} octets.`))
    else if (name === FORM_FILE_FIELD) fail(unknownPart(name, 'Give the file a file name: then it is one.'))
    else if (fields.has(name)) fail(unknownPart(name, 'Give it once.'))
    else fields.set(name, value)
  })
  parser.on('filesLimit', () => fail(unknownPart(FORM_FILE_FIELD, `At most ${FORM_FILES_MAX} files.`)))
  parser.on('fieldsLimit', () => fail(unknownPart('', `At most ${FIELDS_MAX} fields.`)))
  parser.on('partsLimit', () => fail(unknownPart('', `At most ${PARTS_MAX} parts.`)))
  parser.on('error', (error) => fail(error instanceof Problem ? error : malformed()))
  parser.on('close', () => {
    isOver = true
    wake()
  })
  const broken = () => {
    if (!request.complete) fail(new Problem({ status: 400, code: 'incomplete', title: 'The body is not whole' }))
  }
  request.on('error', broken)
  request.on('close', broken)

  async function* files(): AsyncGenerator<FormFile, void, undefined> {
    try {
      request.pipe(parser)
      for (;;) {
        if (failure !== undefined) throw failure
        const next = arrived.shift()
        if (next !== undefined) yield next
        else if (isOver) return
        else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    } finally {
      // What is left unread is not kept in memory; the answer ends the connection.
      request.unpipe(parser)
      parser.destroy()
    }
  }
  return { files: files(), fields }
}

function openParser(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      // What browsers and curl send (RFC 7578 §5.1), whatever HTTP says of old.
      defParamCharset: 'utf8',
      limits: {
        files: FORM_FILES_MAX,
        fields: FIELDS_MAX,
        fieldSize: FIELD_BYTES_MAX,
        parts: PARTS_MAX + 1,
      },
    })
  } catch {
    throw malformed()
  }
}

/** What it throws is why the form has failed, where that is known better. */
async function* octetsOf(
  stream: AsyncIterable<Buffer>,
  failure: () => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream
  } catch {
    throw failure() ?? malformed()
  }
}

function malformed(): Problem {
  return new Problem({
    status: 400,
    code: 'malformed-form',
    title: 'The form is not whole, or not one',
    detail: 'multipart/form-data has a boundary in its Content-Type, and ends with it (RFC 7578).',
  })
}

/** `name` is undefined, whatever its types say, of a part that has none. */
function unknownPart(name: string | undefined, message: string): Problem {
  return invalid([{ pointer: name ? pointerTo([name]) : '', code: 'invalid-part', message }])
}
