/** The content types that WSP has numbers for (WAP-230-WSP table 40 and OMNA's registry), in lower case. */

const CODES: readonly (string | undefined)[] = [
  '*/*',
  'text/*',
  'text/html',
  'text/plain',
  'text/x-hdml',
  'text/x-ttml',
  'text/x-vcalendar',
  'text/x-vcard',
  'text/vnd.wap.wml',
  'text/vnd.wap.wmlscript',
  'text/vnd.wap.wta-event',
  'multipart/*',
  'multipart/mixed',
  'multipart/form-data',
  'multipart/byteranges',
  'multipart/alternative',
  'application/*',
  'application/java-vm',
  'application/x-www-form-urlencoded',
  'application/x-hdmlc',
  'application/vnd.wap.wmlc',
  'application/vnd.wap.wmlscriptc',
  'application/vnd.wap.wta-eventc',
  'application/vnd.wap.uaprof',
  'application/vnd.wap.wtls-ca-certificate',
  'application/vnd.wap.wtls-user-certificate',
  'application/x-x509-ca-cert',
  'application/x-x509-user-cert',
  'image/*',
  'image/gif',
  'image/jpeg',
  'image/tiff',
  'image/png',
  'image/vnd.wap.wbmp',
  'application/vnd.wap.multipart.*',
  'application/vnd.wap.multipart.mixed',
  'application/vnd.wap.multipart.form-data',
  'application/vnd.wap.multipart.byteranges',
  'application/vnd.wap.multipart.alternative',
  'application/xml',
  'text/xml',
  'application/vnd.wap.wbxml',
  'application/x-x968-cross-cert',
  'application/x-x968-ca-cert',
  'application/x-x968-user-cert',
  'text/vnd.wap.si',
  'application/vnd.wap.sic',
  'text/vnd.wap.sl',
  'application/vnd.wap.slc',
  'text/vnd.wap.co',
  'application/vnd.wap.coc',
  'application/vnd.wap.multipart.related',
  'application/vnd.wap.sia',
  'text/vnd.wap.connectivity-xml',
  'application/vnd.wap.connectivity-wbxml',
  'application/pkcs7-mime',
  'application/vnd.wap.hashed-certificate',
  'application/vnd.wap.signed-certificate',
  'application/vnd.wap.cert-response',
  'application/xhtml+xml',
  'application/wml+xml',
  'text/css',
  'application/vnd.wap.mms-message',
  'application/vnd.wap.rollover-certificate',
  'application/vnd.wap.locc+wbxml',
  'application/vnd.wap.loc+xml',
  'application/vnd.syncml.dm+wbxml',
  'application/vnd.syncml.dm+xml',
  'application/vnd.syncml.notification',
  'application/vnd.wap.xhtml+xml',
  'application/vnd.wv.csp.cir',
  'application/vnd.oma.dd+xml',
  'application/vnd.oma.drm.message',
  'application/vnd.oma.drm.content',
  'application/vnd.oma.drm.rights+xml',
  'application/vnd.oma.drm.rights+wbxml',
  'application/vnd.wv.csp+xml',
  'application/vnd.wv.csp+wbxml',
  'application/vnd.syncml.ds.notification',
  'audio/*',
  'video/*',
  'application/vnd.oma.dd2+xml',
  'application/mikey',
  'application/vnd.oma.dcd',
  'application/vnd.oma.dcdc',
  'text/x-vmessage',
  'application/vnd.omads-email+wbxml',
  'text/x-vbookmark',
  'application/vnd.syncml.dm.notification',
  undefined,
  'application/octet-stream',
]

const CODE_OF: ReadonlyMap<string, number> = new Map(
  CODES.flatMap((media, code): [string, number][] => (media === undefined ? [] : [[media, code]])),
)

export const MEDIA_MMS = 'application/vnd.wap.mms-message'
export const MEDIA_RELATED = 'application/vnd.wap.multipart.related'
export const MEDIA_MIXED = 'application/vnd.wap.multipart.mixed'
export const MEDIA_SMIL = 'application/smil'

/** The content type of a number; one that nobody has registered shows as `unknown/0x77`. */
export function mediaOfCode(code: number): string {
  return CODES[code] ?? `unknown/0x${code.toString(16)}`
}

/** The assigned number of a media type; undefined: it has none and is written as text. */
export function codeOfMedia(media: string): number | undefined {
  return CODE_OF.get(media)
}

/** Whether the body is in the form of WAP-230-WSP §8.5; `multipart/*` by its own number is, as carriers write it. */
export function isMultipart(media: string): boolean {
  return isWapMultipart(media) || media.startsWith('multipart/')
}

/** By the name that says so. */
export function isWapMultipart(media: string): boolean {
  return media.startsWith('application/vnd.wap.multipart.')
}
