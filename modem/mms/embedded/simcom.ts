/**
 * MMS commands of SIMCom 2G modules (SIM800, SIM900): AT+SAPBR, CMMSINIT, CMMSCURL, CMMSCID, CMMSPROTO, CMMSSENDCFG,
 * CMMSEDIT, CMMSDOWN, CMMSRECP, CMMSSEND, CMMSTERM. One picture, one text, one title.
 */
import { quoted } from '../bearer/at-dialect.ts'
import { type EmbeddedDialect, may, must, OPENING_TIMEOUT_MS, SENDING_TIMEOUT_MS, upload, uploadMs } from './dialect.ts'

/** The bearer profile that CMMSCID names. */
const PROFILE = 1
/** Of CMMSDOWN for what is short. */
const WAIT_MS_MAX = 300_000

export const SIMCOM_MMS: EmbeddedDialect = {
  limits: {
    recipientsMax: 10,
    subjectBytesMax: 40,
    textBytesMax: 15_360,
    filesMax: 1,
    // "Up to 300 KB" with all around it.
    filesBytesMax: 290_000,
    media: /^image\/(?:jpe?g|gif|png)$/,
  },
  probe: () => must('AT+CMMSINIT=?').command,
  prepare: ({ apn, mmsc, proxy }) => [
    may('AT+CMMSINIT'),
    // It wants the address without its scheme.
    must(`AT+CMMSCURL=${quoted(mmsc.replace(/^http:\/\//i, ''))}`),
    must(`AT+CMMSCID=${PROFILE}`),
    ...(proxy === null ? [] : [must(`AT+CMMSPROTO=${quoted(proxy.host)},${proxy.port}`)]),
    // Longest validity, normal priority, no reports, sender shown, personal.
    must('AT+CMMSSENDCFG=6,3,0,0,2,4'),
    must(`AT+SAPBR=3,${PROFILE},"Contype","GPRS"`),
    must(`AT+SAPBR=3,${PROFILE},"APN",${quoted(apn.apn)}`),
    ...(apn.auth === 'none'
      ? []
      : [
          must(`AT+SAPBR=3,${PROFILE},"USER",${quoted(apn.user)}`),
          must(`AT+SAPBR=3,${PROFILE},"PWD",${quoted(apn.password)}`),
        ]),
    may(`AT+SAPBR=1,${PROFILE}`, OPENING_TIMEOUT_MS),
    may('AT+CMMSEDIT=0'),
    must('AT+CMMSEDIT=1'),
  ],
  compose: ({ to, subject, text, files }) => [
    ...(subject === '' ? [] : [down('TITLE', Buffer.from(subject, 'utf8'))]),
    ...(text === '' ? [] : [down('TEXT', Buffer.from(text, 'utf8'))]),
    ...files.map(({ name, octets }) => down('PIC', octets, `,${quoted(name)}`)),
    ...to.map((number) => must(`AT+CMMSRECP=${quoted(number)}`)),
  ],
  send: () => ({
    text: 'AT+CMMSSEND',
    info: [],
    timeoutMs: SENDING_TIMEOUT_MS,
    parse: () => undefined,
    retry: 'unsafe',
  }),
  clear: () => [may('AT+CMMSEDIT=0'), may('AT+CMMSTERM'), may(`AT+SAPBR=0,${PROFILE}`, OPENING_TIMEOUT_MS)],
}

function down(kind: 'TITLE' | 'TEXT' | 'PIC', octets: Uint8Array, name = '') {
  const waitMs = Math.min(WAIT_MS_MAX, uploadMs(octets.length))
  return upload(`AT+CMMSDOWN="${kind}",${octets.length},${waitMs}${name}`, octets)
}
