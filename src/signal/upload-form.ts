/**
 * Pictures of profiles and groups go to CDN 0 by a form that the service fills in, as browsers post one
 * (reference/signal-service.md 8.3, 10.2).
 */

/** What the service fills in; `key` is the picture's place from then on. */
export interface UploadFields {
  key?: string
  credential?: string
  acl?: string
  algorithm?: string
  date?: string
  policy?: string
  signature?: string
}

/** The form with this file, as it is posted. */
export async function formOf(fields: UploadFields, file: Uint8Array): Promise<{ contentType: string; body: Buffer }> {
  const data = new FormData()
  const named: [string, string | undefined][] = [
    ['key', fields.key],
    ['x-amz-credential', fields.credential],
    ['acl', fields.acl],
    ['x-amz-algorithm', fields.algorithm],
    ['x-amz-date', fields.date],
    ['policy', fields.policy],
    ['x-amz-signature', fields.signature],
    ['Content-Type', 'application/octet-stream'],
  ]
  for (const [name, value] of named) data.append(name, value ?? '')
  data.append('file', new Blob([new Uint8Array(file)]))
  const encoded = new Response(data)
  return { contentType: encoded.headers.get('content-type') ?? '', body: Buffer.from(await encoded.arrayBuffer()) }
}
