/** The account's own profile on Signal, as contacts see it: name, a line, an emoji, a picture. */
import { z } from 'zod'
import { CausewayError } from '../../domain/errors.ts'
import { told } from '../../domain/told.ts'
import { portraitQuery, sendPortrait } from '../portrait.ts'
import type { ApiPorts } from '../ports.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { portraitUrl } from '../views.ts'
import { wholeBody } from '../whole-body.ts'

const path = '/api/v1/signal/profile'
/** Of the file that is handed in; a square is made of it. */
const PICTURE_BYTES_MAX = 24 * 1024 * 1024

const text = z.string().max(512).nullable().optional()

const change = z
  .strictObject({
    name: text.describe('At most 257 bytes. null: as configured; empty: none.'),
    about: text.describe('A line about you, at most 512 bytes. null: as configured; empty: none.'),
    emoji: z.string().max(32).nullable().optional().describe('Beside the line.'),
  })
  .refine((body) => Object.keys(body).length > 0, { message: 'Say what to change.' })

async function view(ports: ApiPorts) {
  const { name, about, emoji, picture, editable, published } = await ports.signal.profile().read()
  const said = (words: string) => (words === '' ? null : words)
  return {
    name: said(name),
    about: said(about),
    emoji: said(emoji),
    avatar_url: picture === undefined ? null : portraitUrl(path, picture),
    editable,
    published,
  }
}

async function pictureIn(octets: AsyncIterable<Uint8Array>, announced: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = announced > PICTURE_BYTES_MAX ? announced : 0
  if (bytes === 0) {
    for await (const chunk of octets) {
      bytes += chunk.length
      if (bytes > PICTURE_BYTES_MAX) break
      chunks.push(chunk)
    }
  }
  if (bytes <= PICTURE_BYTES_MAX) return Buffer.concat(chunks)
  throw new CausewayError({
    ...told('media-too-large', { bytes_max: PICTURE_BYTES_MAX }),
    message: `A picture for a profile has at most ${PICTURE_BYTES_MAX} bytes.`,
    retry: 'never',
  })
}

export const profileRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path,
    scope: 'signal:read',
    summary:
      'The account’s profile, as contacts see it. `editable` is false on a linked device, which shows the phone’s; `published` is false while Signal has not got it like this yet.',
    handle: async ({ ports }) => ok(await view(ports)),
  }),
  route({
    method: 'PATCH',
    path,
    scope: 'admin',
    summary:
      'Changes the profile; the picture stays. It is kept at once and published now, or as soon as there is a connection. 409 (`signal-not-primary`) on a linked device.',
    body: change,
    handle: async ({ ports, body }) => {
      const { name, about, emoji } = body
      await ports.signal.profile().change({
        ...(name === undefined ? {} : { name }),
        ...(about === undefined ? {} : { about }),
        ...(emoji === undefined ? {} : { emoji }),
      })
      return ok(await view(ports))
    },
  }),
  route({
    method: 'GET',
    path: `${path}/avatar`,
    scope: 'signal:read',
    summary: 'The picture of the profile (JPEG or PNG). 404 when it has none.',
    query: portraitQuery,
    handle: async (call) => {
      const profile = call.ports.signal.profile()
      const { picture } = await profile.read()
      const octets = picture === undefined ? undefined : await profile.picture()
      if (picture === undefined || octets === undefined) throw notFound('picture')
      return await sendPortrait(call, picture, async () => octets)
    },
  }),
  route({
    method: 'PUT',
    path: `${path}/avatar`,
    scope: 'admin',
    summary:
      'Sets the picture of the profile: the file is the body, as it is. What it is, its octets say; its middle is taken, as a square of at most 1024 pixels without metadata. 422 (`picture-unreadable`).',
    stream: true,
    handle: async ({ ports, header, raw: { request } }) => {
      const octets = await pictureIn(wholeBody(request), Number(header('content-length') ?? 0))
      await ports.signal.profile().setPicture(octets)
      return ok(await view(ports))
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/avatar`,
    scope: 'admin',
    summary: 'Takes the picture of the profile away.',
    handle: async ({ ports }) => {
      await ports.signal.profile().setPicture(undefined)
      return { status: 204 }
    },
  }),
]
