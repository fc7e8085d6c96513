/** The shape of what the owner says of a Signal server that is not Signal's own. */
import { z } from 'zod'
import { text, url } from './leaves.ts'

const port = z
  .string()
  .refine((value) => /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65535, {
    message: 'write a port number, 1…65535',
  })
  .transform(Number)

const base64 = z
  .string()
  .refine((value) => /^[A-Za-z0-9+/]+={0,2}$/.test(value), { message: 'write base64 without line breaks' })
  .transform((value) => new Uint8Array(Buffer.from(value, 'base64')))

export const customSignalServer = z
  .strictObject({
    host: z
      .enum(['localhost', '127.0.0.1', '::1'])
      .prefault('localhost')
      .describe('Name of the server. The protocol library dials a custom server on `localhost` only.'),
    port: port.optional().describe('One port for all services of the server; or give `ports`.'),
    ports: z
      .strictObject({
        chat: port.describe('Port of the chat service.'),
        cdsi: port.optional().describe('Port of contact discovery; the chat service’s when left out.'),
        svr2: port.optional().describe('Port of secure value recovery; likewise.'),
        svrb: port.optional().describe('Port of secure value recovery for backups; likewise.'),
      })
      .optional()
      .describe('The ports one by one.'),
    ca: text.optional().describe('PEM file of the authority that signed the server’s certificate.'),
    ca_pem: text.optional().describe('The same as text.'),
    storage_url: url.describe('Base address of the storage service.'),
    cdn_urls: z
      .strictObject({
        '0': url.describe('Base address of CDN 0 (avatars, stickers).'),
        '2': url.describe('Base address of CDN 2 (attachments).'),
        '3': url.describe('Base address of CDN 3 (attachments, backups).'),
      })
      .describe('Base addresses of the content servers, by CDN number.'),
    zkgroup: z
      .strictObject({
        server_public_params: base64.describe('ServerPublicParams, base64.'),
        generic_server_public_params: base64.describe('GenericServerPublicParams, base64.'),
        backup_server_public_params: base64.describe('Generic parameters of backups, base64.'),
      })
      .describe('The server’s zero-knowledge group parameters.'),
    trust_roots: z
      .array(base64)
      .min(1)
      .describe('Public keys (33 octets, base64) that sign sealed-sender certificates.'),
    directory: text
      .optional()
      .describe(
        'File of JSON lines `{"e164":"+1…","aci":"…","pni":"…"}` that stands in for contact discovery; re-read when it changes.',
      ),
    vault: text
      .optional()
      .describe(
        'File that stands in for the PIN service, whose enclave only Signal runs. It guards nothing: for the sandbox.',
      ),
  })
  .superRefine((server, context) => {
    if ((server.port === undefined) === (server.ports === undefined)) {
      context.addIssue({ code: 'custom', message: 'give either port or ports', path: ['ports'] })
    }
    if ((server.ca === undefined) === (server.ca_pem === undefined)) {
      context.addIssue({ code: 'custom', message: 'give either ca (a file) or ca_pem (text)', path: ['ca'] })
    }
  })
