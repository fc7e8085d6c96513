/** What becomes of a file in a picture message, to be seen before it is sent: made by what makes it when it is. */
import { z } from 'zod'
import { CausewayError } from '../../domain/errors.ts'
import type { FileToFit } from '../../domain/mms-fitting.ts'
import { contentOf } from '../../routing/media.ts'
import { TEXT_LENGTH_MAX } from '../../routing/own-text.ts'
import type { ApiPorts } from '../ports.ts'
import { type Call, type Route, route, STREAMING } from '../route.ts'

/** As many as a message may have. */
const FILES_MAX = 32
/** Of one character in UTF-8. */
const CHARACTER_BYTES_MAX = 4

const asked = z.strictObject({
  files: z
    .string()
    .regex(/^[\w,]+$/)
    .transform((ids) => ids.split(','))
    .pipe(z.array(z.string()).max(FILES_MAX))
    .optional()
    .describe(
      'Ids of all files of the message, in order, with a comma between: they share the room. Else it is alone.',
    ),
  text_bytes: z.coerce
    .number()
    .int()
    .min(0)
    .max(TEXT_LENGTH_MAX * CHARACTER_BYTES_MAX)
    .default(0)
    .describe('Octets of its text in UTF-8.'),
})

async function preview(call: Call<undefined, z.output<typeof asked>>): Promise<typeof STREAMING> {
  const { ports, params, query, raw } = call
  const id = params['id'] ?? ''
  const ids = query.files ?? [id]
  const place = ids.indexOf(id)
  if (place < 0) throw refusal('`files` names all files of the message: also the one that is asked for.')
  const files: FileToFit[] = []
  for (const one of ids) files.push(await fileOf(ports, one))
  const { parts, leftOut } = await ports.mmsPreview(files, query.text_bytes)
  const isOut = (at: number) => leftOut.some(({ file }) => file === at)
  const before = ids.filter((_, at) => at < place && !isOut(at)).length
  const part = isOut(place) ? undefined : parts[before]
  if (part === undefined) throw refusal('It cannot be made small enough for a picture message, and would be left out.')
  raw.response.writeHead(200, {
    'Content-Type': part.contentType,
    'Content-Length': part.octets.length,
    'Content-Disposition': 'attachment',
    'Content-Security-Policy': "default-src 'none'; sandbox",
  })
  raw.response.end(raw.request.method === 'HEAD' ? undefined : part.octets)
  return STREAMING
}

/** Errors: CausewayError `unknown-attachment`, `wrong-state`. */
async function fileOf({ db, media }: ApiPorts, id: string): Promise<FileToFit> {
  const row = await media.demand(id)
  if (row.view_once === 1) throw refusal('What is to be looked at once never goes as a picture message.')
  const blob = await contentOf(db, row, 'content')
  const read = async () => {
    const pieces: Uint8Array[] = []
    for await (const piece of media.blobs.read(blob)) pieces.push(Uint8Array.from(piece))
    return Buffer.concat(pieces)
  }
  return { contentType: row.content_type, fileName: row.file_name, bytes: blob.bytes, read }
}

function refusal(message: string): CausewayError {
  return new CausewayError({ code: 'wrong-state', message, retry: 'never' })
}

export const mmsPreviewRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/media/:id/as-mms',
    scope: 'messages:send',
    summary:
      'What would arrive of this file in a picture message: the copy itself, made to fit what the carrier takes (of several modems that of which takes least). 409 where it would be left out, or no picture message can leave now.',
    query: asked,
    handle: preview,
  }),
]
